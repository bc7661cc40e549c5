use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The most that `systemd-analyze security` may find exposed, in tenths of its scale of ten.
const EXPOSURE: &str = "--threshold=15";

/// YAML as the exporter itself reads it.
fn yaml(file: &str) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let source = config::File::from_str(&text, config::FileFormat::Yaml);
    let read = config::Config::builder().add_source(source).build();
    read.and_then(config::Config::try_deserialize)
        .unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
}

#[test]
fn the_composition_pins_its_images_and_mounts_what_exists() {
    let composition = yaml("compose.yaml");
    let services = composition["services"].as_object().unwrap();
    let names: Vec<&str> = services.keys().map(String::as_str).collect();
    assert_eq!(names, ["alertmanager", "exporter", "grafana", "prometheus"]);
    for (name, service) in services {
        if service["build"] == "." {
            assert!(Path::new("Dockerfile").is_file());
        } else {
            let (_, tag) = service["image"].as_str().unwrap().rsplit_once(':').unwrap();
            assert!(
                tag.contains(|c: char| c.is_ascii_digit()),
                "{name}: `{tag}` moves"
            );
            assert_eq!(service["network_mode"], "service:exporter", "{name}");
        }
        for volume in service.get("volumes").map(strings).into_iter().flatten() {
            let [from, _, "ro"] = volume.split(':').collect::<Vec<_>>()[..] else {
                panic!("{name}: {volume}");
            };
            assert!(Path::new(from).exists(), "{name}: no {from}");
        }
    }
    // What the home dashboard's path leaves out is where the dashboards are mounted.
    let home = &services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"];
    let file = home.as_str().unwrap().rsplit('/').next().unwrap();
    assert!(Path::new("dashboards").join(file).is_file(), "no {file}");
    let provider = &yaml("config/grafana/dashboards.yaml")["providers"][0];
    let mounted = strings(&services["grafana"]["volumes"]).find(|v| v.starts_with("./dashboards:"));
    let path = provider["options"]["path"].as_str().unwrap();
    assert_eq!(mounted, Some(format!("./dashboards:{path}:ro").as_str()));
    let source = &yaml("config/grafana/datasources.yaml")["datasources"][0];
    assert_eq!(source["type"], "prometheus");
    assert_eq!(source["url"], "http://localhost:9090");
}

#[test]
fn what_is_built_in_from_beside_the_sources_is_there_when_the_image_is_built() {
    let (mut built_in, mut directories) = (BTreeSet::new(), vec!["src".into()]);
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir::<PathBuf>(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            // What tests read is not built in.
            if path
                .iter()
                .any(|part| part == "tests" || part == "tests.rs")
            {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let named = code.split("\"../../").skip(1);
            let named = named.filter_map(|rest| rest.split('"').next());
            let there = named.filter(|named| Path::new(named).exists());
            let directory = |named: &str| named.rsplit_once('/').unwrap().0.to_owned();
            built_in.extend(there.map(directory));
        }
    }
    let expected = ["config/prometheus", "docs/runbooks"].map(str::to_owned);
    assert_eq!(built_in, BTreeSet::from(expected));
    let file = fs::read_to_string("Dockerfile").unwrap();
    let ignore = fs::read_to_string(".dockerignore").unwrap();
    for directory in built_in {
        let copied = format!("COPY {directory} {directory}");
        assert!(file.lines().any(|line| line == copied), "no {copied}");
        let kept = format!("!{directory}");
        assert!(ignore.lines().any(|line| line == kept), "no {kept}");
    }
}

#[test]
fn the_licence_that_is_named_stands_in_the_tree_and_in_the_image() {
    let licence = fs::read_to_string("LICENSE").unwrap();
    for part in [
        "Apache License",
        "Version 2.0, January 2004",
        "END OF TERMS AND CONDITIONS",
    ] {
        assert!(licence.contains(part), "{part}");
    }
    let named = |file: &str, line: &str| {
        let text = fs::read_to_string(file).unwrap();
        assert!(
            text.lines().any(|found| found.trim() == line),
            "{file}: {line}"
        );
    };
    named("Cargo.toml", "license = \"Apache-2.0\"");
    named("Dockerfile", "COPY LICENSE /image/LICENSE");
    named(".dockerignore", "!LICENSE");
}

/// What Cargo.toml says of the Debian package.
fn package() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version=1"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"][0]["metadata"]["deb"].clone()
}

#[test]
fn what_the_debian_package_brings_is_in_the_tree_or_made_by_its_script() {
    let package = package();
    let script = fs::read_to_string("config/debian/build").unwrap();
    let sources = package["assets"].as_array().unwrap().iter();
    let sources = sources.map(|asset| asset[0].as_str().unwrap());
    let (mut brought, mut made) = (0, 0);
    for source in sources.chain(package["changelog"].as_str()) {
        let (directory, name) = source.rsplit_once('/').unwrap_or((".", source));
        if let Some(parts) = directory.strip_prefix("target/debian-parts") {
            // Of `/man/*.1` the directory is what the script writes.
            let written = if name.contains('*') { parts } else { source };
            let written = written.trim_start_matches("target/debian-parts");
            assert!(
                script.contains(&format!("$made{written}\"")),
                "{source}: config/debian/build does not make it"
            );
            made += 1;
        } else if directory != "target/release" {
            let (before, after) = name.split_once('*').unwrap_or((name, ""));
            let found = fs::read_dir(directory).unwrap().any(|entry| {
                let entry = entry.unwrap().file_name().into_string().unwrap();
                entry.starts_with(before) && entry.ends_with(after)
            });
            assert!(found, "{source}: there is none");
            brought += 1;
        }
    }
    assert!(
        brought > 5 && made > 5,
        "the test has lost its eyes: {brought} {made}"
    );
}

#[test]
fn the_debian_package_and_the_unit_agree_on_paths_and_user_and_its_settings_are_good() {
    let package = package();
    let unit = fs::read_to_string("config/systemd/okta-exporter.service").unwrap();
    let has = |line: &str| unit.lines().any(|found| found == line);
    // A dynamic user has the unit's name, and one that exists is taken.
    let user = fs::read_to_string("config/debian/okta-exporter.sysusers").unwrap();
    assert!(has("DynamicUser=yes") && !unit.contains("\nUser="));
    assert!(
        user.lines()
            .any(|line| line.starts_with("u okta-exporter - "))
    );
    assert_eq!(package["maintainer-scripts"], "config/debian");
    let made = package["systemd-units"]["unit-scripts"].as_str();
    assert_eq!(made, Some("target/debian-parts"));
    let script = fs::read_to_string("config/debian/build").unwrap();
    assert!(
        script.contains(" config/systemd/okta-exporter.service >\"$made/okta-exporter.service\"")
    );
    // Where the package puts its settings is where the unit has them read, and the scripts look there.
    let settings = "config/debian/okta-exporter.yaml";
    let assets = package["assets"].as_array().unwrap();
    let to = |source: &str| {
        let asset = assets.iter().find(|asset| asset[0] == source);
        asset.unwrap_or_else(|| panic!("no {source}"))[1].clone()
    };
    assert_eq!(to(settings), "etc/okta-exporter/");
    assert!(unit.contains(" --config.file=/etc/okta-exporter/okta-exporter.yaml "));
    assert!(has("LoadCredential=secrets:/etc/okta-exporter/secrets"));
    let after = fs::read_to_string("config/debian/postinst").unwrap();
    for line in [
        "settings=/etc/okta-exporter/okta-exporter.yaml",
        "secrets=/etc/okta-exporter/secrets",
    ] {
        assert!(after.lines().any(|found| found == line), "no {line}");
    }
    // The script puts the package's directory of programs in place of the administrator's.
    assert_eq!(to("target/release/okta-exporter"), "usr/bin/");
    assert_eq!(unit.matches("/usr/local/bin/").count(), 1);
    let checked = Command::new(env!("CARGO_BIN_EXE_okta-exporter"))
        .args(["--config.check=syntax", "--config.file", settings])
        .env_clear()
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
}

#[test]
fn the_service_is_one_that_systemd_accepts_and_calls_hardly_exposed() {
    let unit = fs::read_to_string("config/systemd/okta-exporter.service").unwrap();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("okta-exporter.service");
    // systemd wants to find the program.
    let installed = "/usr/local/bin/okta-exporter";
    assert!(unit.contains(&format!("ExecStart={installed} ")));
    fs::write(
        &file,
        unit.replace(installed, env!("CARGO_BIN_EXE_okta-exporter")),
    )
    .unwrap();
    for arguments in [
        &["verify", "--man=no"][..],
        &["security", "--offline=yes", EXPOSURE],
    ] {
        let output = Command::new("systemd-analyze")
            .args(arguments)
            .arg(&file)
            .output();
        let output = output.expect("`tests/run` installs what the tests need");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert_eq!(said, "");
    }
}
