//! Seeds of the fuzzer, broken at random in ways that a seed decides: each reader takes all of it.
//!
//! `MUTATIONS=1000000 cargo test --test it mutations` tries more of each; `MUTATIONS_SEED=7` others.

use std::{panic::catch_unwind, path::Path, time::Duration};

use tokio::time::Instant;

use crate::fuzz_readers::ALL;

/// How many mutations of its seeds each reader gets where nobody says otherwise.
const USUAL: u64 = 2_000;

/// The longest input, in bytes, as in `fuzz/run`.
const LONGEST: usize = 65_536;

/// How long a reader may take for one: far longer than any does.
const LONGEST_TIME: Duration = Duration::from_secs(10);

/// Pieces that readers look for.
const PIECES: [&[u8]; 28] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"=",
    b";",
    b"<",
    b">",
    b"&",
    b"&#x110000;",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xe2\x80\xae",
    b"18446744073709551615",
    b"-9223372036854775808",
    b"1e999",
    b"null",
    b".",
    b"..",
    b"\\u0000",
    b"\\ud800",
    b"<![CDATA[",
];

fn number(name: &str) -> Option<u64> {
    let text = std::env::var_os(name)?;
    Some(text.to_str().unwrap().parse().unwrap())
}

/// One change: bytes flipped, cut, doubled, put elsewhere, or exchanged with another seed's.
fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut fastrand::Rng) {
    let at = random.usize(..=input.len());
    let end = (at + random.usize(..64)).min(input.len());
    match random.u8(..8) {
        0 if !input.is_empty() => {
            let at = random.usize(..input.len());
            input[at] ^= 1 << random.u8(..8);
        }
        1 if !input.is_empty() => {
            let at = random.usize(..input.len());
            input[at] = random.u8(..);
        }
        2 => input.truncate(at),
        3 => drop(input.drain(at..end)),
        4 => {
            let piece = input[at..end].repeat(random.usize(1..8));
            drop(input.splice(at..at, piece));
        }
        5 => {
            let piece = input[at..end].to_vec();
            let to = random.usize(..=input.len());
            drop(input.splice(to..to, piece));
        }
        6 => {
            let other = &seeds[random.usize(..seeds.len())];
            let from = random.usize(..=other.len());
            let to = (from + random.usize(..256)).min(other.len());
            drop(input.splice(at..end, other[from..to].iter().copied()));
        }
        _ => {
            let piece = PIECES[random.usize(..PIECES.len())];
            drop(input.splice(at..at, piece.iter().copied()));
        }
    }
    input.truncate(LONGEST);
}

#[test]
fn no_reader_panics_at_what_becomes_of_the_fuzzers_seeds() {
    let (most, seed) = (number("MUTATIONS"), number("MUTATIONS_SEED"));
    for (name, target) in ALL {
        let directory = Path::new("fuzz/seeds").join(name);
        let files = std::fs::read_dir(directory).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        let seeds: Vec<Vec<u8>> = files
            .iter()
            .map(|file| std::fs::read(file).unwrap())
            .collect();
        assert!(!seeds.is_empty(), "{name}");
        let mut random = fastrand::Rng::with_seed(seed.unwrap_or(6582));
        let mut inputs = seeds.clone();
        for tried in 0..most.unwrap_or(USUAL) {
            let mut input = match usize::try_from(tried).ok().and_then(|n| seeds.get(n)) {
                Some(seed) => seed.clone(),
                None => inputs[random.usize(..inputs.len())].clone(),
            };
            if tried >= seeds.len() as u64 {
                for _ in 0..random.usize(1..6) {
                    change(&mut input, &seeds, &mut random);
                }
            }
            let begun = Instant::now();
            let taken = catch_unwind(|| target(&input));
            let took = begun.elapsed();
            assert!(took < LONGEST_TIME, "{name}: {took:?} for {input:?}");
            let shown = String::from_utf8_lossy(&input);
            assert!(taken.is_ok(), "{name}: {input:?}\n{shown}");
            // Some go on from where others came to.
            if random.u8(..16) == 0 {
                let place = random.usize(..64);
                match inputs.get_mut(seeds.len() + place) {
                    Some(old) => *old = input,
                    None => inputs.push(input),
                }
            }
        }
    }
}
