//! As much of a WebSocket client as it takes to be told something: it opens, and reads texts.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use crate::runner::Result;

const PATIENCE: Duration = Duration::from_secs(30);
/// No frame that we are told is longer.
const MAX_FRAME_BYTES: u64 = 1024 * 1024;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;

/// An open WebSocket.
pub struct Socket {
    stream: BufReader<TcpStream>,
}

impl Socket {
    /// Opens one with a token.
    pub fn open(address: &str, path: &str, token: &str) -> Result<Self> {
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        write!(
            socket,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YmVuY2htYXJrLXNvY2tldA==\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        )?;
        let mut stream = BufReader::new(socket);
        let mut status = String::new();
        stream.read_line(&mut status)?;
        if !status.starts_with("HTTP/1.1 101 ") {
            return Err(format!("{path}: no WebSocket: {}", status.trim_end()).into());
        }
        let mut header = String::new();
        while stream.read_line(&mut header)? > 2 {
            header.clear();
        }
        Ok(Self { stream })
    }

    /// The next text that `wanted` accepts; others are passed over.
    pub fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        loop {
            let (kind, payload) = self.frame()?;
            match kind {
                TEXT => {
                    let told = serde_json::from_slice(&payload)?;
                    if wanted(&told) {
                        return Ok(told);
                    }
                }
                CLOSE => return Err("the WebSocket was closed".into()),
                // A ping is not answered: we are gone long before that matters.
                _ => {}
            }
        }
    }

    fn frame(&mut self) -> Result<(u8, Vec<u8>)> {
        let [first, second] = self.bytes()?;
        // A server masks nothing.
        let length = match second {
            126 => u64::from(u16::from_be_bytes(self.bytes()?)),
            127 => u64::from_be_bytes(self.bytes()?),
            short => u64::from(short),
        };
        if length > MAX_FRAME_BYTES {
            return Err(format!("a frame of {length} bytes").into());
        }
        let mut payload = vec![];
        self.stream.by_ref().take(length).read_to_end(&mut payload)?;
        Ok((first & 0x0f, payload))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
