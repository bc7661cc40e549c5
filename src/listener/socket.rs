//! A socket that listens: bound here, or bound by systemd and passed on.

use std::{
    io,
    net::{SocketAddr, TcpListener as StdTcpListener},
};

use socket2::{Domain, Protocol, Socket as RawSocket, Type};
use tokio::net::{TcpListener, TcpStream};

use super::address::Address;
#[cfg(unix)]
use super::unix_socket::UnixSocket;

/// How many connections wait to be accepted.
const BACKLOG: i32 = 1024;

/// A socket that listens.
pub(super) enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixSocket),
}

/// A connection that was accepted.
#[cfg(unix)]
pub(super) type Stream = tokio_util::either::Either<TcpStream, tokio::net::UnixStream>;
#[cfg(not(unix))]
pub(super) type Stream = tokio_util::either::Either<TcpStream, TcpStream>;

impl Socket {
    /// Binds one address, or the addresses of a name in turn.
    pub(super) async fn bind(address: &str) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::Tcp)
    }

    /// Binds every address of this machine, of both families: whatever it does with IPv6 sockets
    /// otherwise (`net.ipv6.bindv6only`), this one takes IPv4 as well.
    pub(super) fn bind_both(port: &str) -> io::Result<Self> {
        let every: SocketAddr = format!("[::]:{port}")
            .parse()
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
        let socket = RawSocket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_only_v6(false)?;
        // As tokio does: a port whose connections of before still end can be had at once.
        #[cfg(not(windows))]
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&every.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into()).map(Self::Tcp)
    }

    /// Takes over what listens already.
    fn of_tcp(listener: StdTcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener).map(Self::Tcp)
    }

    /// What systemd listens at and passes on, as `LISTEN_FDS` and `LISTEN_PID` tell.
    pub(super) fn passed_on() -> io::Result<Vec<Self>> {
        let mut passed = listenfd::ListenFd::from_env();
        (0..passed.len())
            .filter_map(|place| take(&mut passed, place).transpose())
            .collect()
    }

    pub(super) fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Self::Unix(socket) => socket.address(),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Else an answer waits until the client has acknowledged what TLS wrote before it.
                // Who has gone already is noticed by whoever reads.
                stream.set_nodelay(true).ok();
                Ok(Stream::Left(stream))
            }
            #[cfg(unix)]
            Self::Unix(socket) => socket.accept().await.map(Stream::Right),
        }
    }
}

/// The socket at this place, of either kind.
fn take(passed: &mut listenfd::ListenFd, place: usize) -> io::Result<Option<Socket>> {
    match passed.take_tcp_listener(place) {
        Ok(tcp) => tcp.map(Socket::of_tcp).transpose(),
        #[cfg(unix)]
        Err(_) => {
            let unix = passed.take_unix_listener(place)?;
            unix.map(|unix| UnixSocket::of(unix).map(Socket::Unix))
                .transpose()
        }
        #[cfg(not(unix))]
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_to_an_accepted_connection_is_sent_at_once() {
        let socket = Socket::bind("127.0.0.1:0").await.unwrap();
        let Address::Tcp(address) = socket.address().unwrap() else {
            panic!("TCP was bound")
        };
        let (client, accepted) = tokio::join!(TcpStream::connect(address), socket.accept());
        let Stream::Left(stream) = accepted.unwrap() else {
            panic!("TCP was accepted")
        };
        assert!(stream.nodelay().unwrap());
        drop(client.unwrap());
    }
}
