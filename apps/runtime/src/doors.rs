//! How the doors close: who has a connection gets an answer on it.
//!
//! The system makes connections on its own, and keeps them until the process accepts them; a socket
//! that is closed resets those that it keeps. So the doors close in three steps: nobody new is let
//! in, who waits is accepted, and only then the sockets close. The first step is a filter that
//! ignores the packet by which a connection begins: whoever sent it sends it again a second later,
//! finds the door closed, and goes elsewhere.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{SockFilter, SockRef};

/// So long nobody has to have waited at a door before it is closed: connections that were begun
/// before the filter was there are made within this.
const QUIET: Duration = Duration::from_millis(400);
/// How long may be waited for that: where there is no filter, people come all the time.
const QUIET_WITHIN: Duration = Duration::from_secs(3);
/// How soon is looked at a door again.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// How long workers may take to begin with what was accepted last: a server that is stopped drops
/// what they have not begun with. With what went before it is less than the second in which people
/// come again.
const TAKEN_IN_WITHIN: Duration = Duration::from_millis(300);

/// Ignores, as programs of the packet filter, what asks for a new connection: SYN without ACK.
const NOBODY_NEW: [SockFilter; 5] = [
    // The byte of the flags in a TCP header.
    SockFilter::new(0x30, 0, 0, 13),
    SockFilter::new(0x54, 0, 0, 0x12),
    SockFilter::new(0x15, 0, 1, 0x02),
    SockFilter::new(0x06, 0, 0, 0),
    SockFilter::new(0x06, 0, 0, u32::MAX),
];

/// A door: a server, and the socket that it listens on.
pub(crate) type Door = (ServerHandle, TcpListener);

/// Lets nobody new in, waits until all who have a connection are accepted, and closes.
pub(crate) async fn close(doors: Vec<Door>) {
    for (_, door) in &doors {
        if let Err(error) = SockRef::from(door).attach_filter(&NOBODY_NEW) {
            tracing::debug!(%error, "who connects in the instant of the end is reset");
        }
    }
    let empty = futures_util::future::join_all(doors.iter().map(|(_, door)| is_quiet(door)));
    if let Ok(told) = tokio::time::timeout(QUIET_WITHIN, empty).await {
        for error in told.into_iter().filter_map(Result::err) {
            tracing::debug!(%error, "nobody can say who waits at a door");
        }
    } else {
        tracing::debug!("somebody always waits at a door: it is closed all the same");
    }
    for (server, door) in doors {
        // Who accepts would be told of the closed socket as of an error. Nothing is waited for in
        // between: what connects meanwhile nobody accepts.
        server.pause().await;
        let door = TcpStream::from(OwnedFd::from(door));
        if let Err(error) = door.shutdown(Shutdown::Both) {
            tracing::debug!(%error, "a socket goes on listening until its server has ended");
        }
    }
    tokio::time::sleep(TAKEN_IN_WITHIN).await;
}

/// Waits until nobody was seen to wait at a door for a while.
async fn is_quiet(door: &TcpListener) -> io::Result<()> {
    let mut since = Instant::now();
    while since.elapsed() < QUIET {
        if somebody_waits(door)? {
            since = Instant::now();
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

fn somebody_waits(door: &TcpListener) -> io::Result<bool> {
    let mut looks = [PollFd::new(door, PollFlags::IN)];
    Ok(poll(&mut looks, Some(&Timespec::default()))? > 0)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::timeout;

    use super::*;

    fn door() -> TcpListener {
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        door.set_nonblocking(true).expect("a socket can be told not to block");
        door
    }

    #[tokio::test]
    async fn who_waits_at_a_door_keeps_it_open_and_who_comes_after_is_not_let_in() {
        let door = door();
        let at = door.local_addr().expect("it is bound");
        let waiting = tokio::net::TcpStream::connect(at).await.expect("it listens");
        SockRef::from(&door).attach_filter(&NOBODY_NEW).expect("Linux knows filters");

        let mut quiet = std::pin::pin!(is_quiet(&door));
        assert!(timeout(QUIET * 2, &mut quiet).await.is_err(), "somebody waits");
        let late = tokio::net::TcpStream::connect(at);
        assert!(timeout(QUIET, late).await.is_err(), "the filter lets nobody in");
        let (accepted, from) = door.accept().expect("who was there is accepted");
        assert_eq!(from, waiting.local_addr().expect("it is connected"));
        quiet.await.expect("a socket can be looked at");
        assert!(door.accept().is_err(), "nobody else came");
        drop(accepted);
    }
}
