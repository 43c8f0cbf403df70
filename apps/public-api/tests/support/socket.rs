//! A client that sends what it is told, letter by letter, and reads until the server closes.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use public_api::{PublicApi, serve};
use serde_json::Value;

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Answer {
    /// The body, which has to be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The error code of a problem.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {self:?}")).to_owned()
    }
}

/// A running API and its address; it is stopped when this is dropped.
pub struct Client {
    address: SocketAddr,
    server: ServerHandle,
}

impl Client {
    /// Starts an API on a port of its own.
    pub fn start(api: PublicApi) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn(move || {
            System::new().block_on(async move {
                let server = serve(api, vec![listener]).unwrap();
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { address, server: told.recv().unwrap() }
    }

    /// Sends a request without a body.
    pub fn ask(&self, method: &str, path: &str, token: Option<&str>) -> Answer {
        self.send(method, path, token, &[], "")
    }

    /// Sends a request.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        headers: &[&str],
        body: &str,
    ) -> Answer {
        let token = token.map(|token| format!("Authorization: Bearer {token}"));
        let length = format!("Content-Length: {}", body.len());
        let head =
            [&format!("{method} {path} HTTP/1.1"), "Host: localhost", "Connection: close", &length];
        let lines: Vec<&str> =
            head.into_iter().chain(token.as_deref()).chain(headers.iter().copied()).collect();
        let request = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut raw = String::new();
        stream.read_to_string(&mut raw).unwrap();
        parse(&raw)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The command is sent at once; the future only waits for its end.
        drop(self.server.stop(false));
    }
}

fn parse(raw: &str) -> Answer {
    let (head, text) = raw.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {raw}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status, headers, text: text.to_owned() }
}
