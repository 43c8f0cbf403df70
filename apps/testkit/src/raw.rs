//! Bytes over TCP, for requests that no HTTP client would send.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::DEADLINE;

/// Sends `bytes` to `base` (`http://host:port`) and gives the first answer whole: up to its stated
/// length, its last chunk, or the end of the connection. Empty when the peer just closes.
pub async fn raw(base: &str, bytes: &[u8]) -> String {
    let address = base.trim_start_matches("http://").trim_end_matches('/');
    let mut socket = TcpStream::connect(address).await.expect("the server accepts");
    // The peer may close before it has read everything: its answer is what counts.
    let _ = socket.write_all(bytes).await;
    let mut answer = vec![];
    let mut buffer = vec![0; 64 * 1024];
    while !is_whole(&answer) {
        let read = tokio::time::timeout(DEADLINE, socket.read(&mut buffer)).await;
        match read.expect("the server answers or closes before the deadline") {
            Ok(0) | Err(_) => break,
            Ok(count) => answer.extend(buffer.iter().take(count)),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Whether `answer` holds one whole HTTP/1.1 response (its end is then known without a close).
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    let header =
        |name: &str| head.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
    if let Some(length) = header("content-length:") {
        return length.parse().is_ok_and(|length: usize| body.len() >= length);
    }
    header("transfer-encoding:").is_some() && body.ends_with("0\r\n\r\n")
}
