//! SIGTERM lets everybody go who listens, and the program does not wait for them.

use registry_testkit::eventually;

use crate::support::{Registry, Socket, Sse, frame};

#[tokio::test]
async fn everybody_is_let_go_and_told_why_when_the_program_ends() {
    let mut registry = Registry::start().await;
    let mut sockets = Vec::new();
    let mut feeds = Vec::new();
    for base in registry.ports() {
        for path in ["/ws/servers", "/ws/registrations"] {
            sockets.push(Socket::of(&base, path, &registry.user_token).await);
        }
        feeds.push(Sse::of(&base, "/api/v1/events", &registry.user_token).await);
    }
    registry.program.terminate();
    for socket in &mut sockets {
        assert_eq!(socket.end().await.0, 1001);
    }
    for feed in &mut feeds {
        let mut last = None;
        while let Some(event) = feed.stream.next().await {
            last = Some(frame(&event));
        }
        let last = last.unwrap();
        assert_eq!(last["payload"]["status"], "disconnected", "{last}");
        assert_eq!(last["payload"]["code"], 1001, "{last}");
    }
    assert_eq!(registry.program.wait_exit().await.code(), Some(0));
    eventually("it ended well", async || {
        let logs = registry.program.logs();
        assert!(!logs.iter().any(|line| line.to_string().contains("panicked")));
        logs.iter().any(|line| line.to_string().contains("stopped: ")).then_some(())
    })
    .await;
}
