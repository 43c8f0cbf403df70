//! One blocking HTTP exchange per call: for set-up, and to check an answer before it is counted.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use super::Result;

/// Longer than any deadline of the product that is measured here.
const PATIENCE: Duration = Duration::from_mins(1);

/// An answer, and how many bytes it was on the wire.
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub raw_bytes: usize,
}

impl Answer {
    /// What a header says, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(other, value)| (other == name).then_some(value.as_str()))
    }

    /// The body as JSON, if the status is one of success.
    pub fn success(self, what: &str) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            let text = String::from_utf8_lossy(&self.body);
            return Err(format!("{what}: {} {text}", self.status).into());
        }
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// Sends a JSON body, or none, with these headers; the connection is closed after the answer.
pub fn exchange(
    method: &str,
    address: &str,
    path: &str,
    headers: &[(String, String)],
    body: &str,
) -> Result<Answer> {
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n")?;
    }
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    (&socket).write_all(request.as_bytes())?;
    read_answer(&mut BufReader::new(socket))
}

fn read_answer(from: &mut impl BufRead) -> Result<Answer> {
    let mut raw_bytes = 0;
    let mut line = |from: &mut dyn BufRead| -> Result<String> {
        let mut line = String::new();
        raw_bytes += from.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    };
    let status_line = line(from)?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| format!("not an HTTP answer: {status_line:?}"))?;
    let (mut length, mut chunked, mut headers) = (0, false, vec![]);
    loop {
        let header = line(from)?;
        let Some((name, value)) = header.split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        match name.as_str() {
            "content-length" => length = value.parse()?,
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            _ => {}
        }
        headers.push((name, value));
    }
    let mut body = vec![];
    if chunked {
        loop {
            let size = usize::from_str_radix(line(from)?.trim(), 16)?;
            let mut chunk = vec![0; size];
            from.read_exact(&mut chunk)?;
            body.extend_from_slice(&chunk);
            line(from)?;
            if size == 0 {
                break;
            }
        }
    } else {
        body.resize(length, 0);
        from.read_exact(&mut body)?;
    }
    raw_bytes += body.len();
    Ok(Answer { status, headers, body, raw_bytes })
}
