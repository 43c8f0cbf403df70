//! The real programs, each in its own process, on random ports and a data folder of its own.

use std::{
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    DEADLINE, DataDir, Launch, eventually,
    launch::{GATEWAY, SERVICE},
    output::Printed,
};

/// A running program; dropping it kills it.
pub struct Program {
    child: Child,
    printed: Printed,
    launch: Launch,
}

impl Program {
    /// Starts program `name` with these settings over the tests' defaults (development, loopback,
    /// ports 0, a new data folder) and waits until it listens.
    pub async fn start(name: &str, envs: &[(&str, &str)]) -> Self {
        Launch::program(name).envs(envs).start().await
    }

    /// Starts what `launch` says.
    pub(crate) async fn spawn(launch: Launch) -> Self {
        let mut child = launch
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", launch.binary.display()));
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let stderr = child.stderr.take().expect("stderr is a pipe");
        let mut program = Self { child, printed: Printed::follow(stdout, stderr), launch };
        program.wait_listening().await;
        program
    }

    /// Runs a command such as `mcp-registry config` to its end.
    pub fn run(name: &str, args: &[&str], envs: &[(&str, &str)]) -> Output {
        Launch::program(name).only_args(args).envs(envs).run()
    }

    /// Starts the same program with the same data folder and settings again, after its end; on new
    /// ports unless they were set.
    pub async fn start_again(&self) -> Self {
        self.launch.clone().start().await
    }

    /// The REST API's base, such as `http://127.0.0.1:54321`.
    pub fn service_url(&self) -> String {
        self.url_of(SERVICE)
    }

    /// The MCP gateway's base, such as `http://127.0.0.1:54322`.
    pub fn gateway_url(&self) -> String {
        self.url_of(GATEWAY)
    }

    /// The base of any server that printed its `listening` line.
    pub fn url_of(&self, server: &str) -> String {
        let address = self.printed.address_of(server);
        let address = address.unwrap_or_else(|| panic!("{server} does not listen in this program"));
        format!("http://{address}")
    }

    /// The port of the REST API: another process needs it to name the development issuer.
    pub fn service_port(&self) -> u16 {
        port_of(&self.service_url())
    }

    /// The port of the MCP gateway.
    pub fn gateway_port(&self) -> u16 {
        port_of(&self.gateway_url())
    }

    /// Its data folder, to share or to look into.
    pub fn data_dir(&self) -> &DataDir {
        &self.launch.data
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All log lines so far.
    pub fn logs(&self) -> Vec<Value> {
        self.printed.logs()
    }

    /// What it printed on stderr so far.
    pub fn errors(&self) -> String {
        self.printed.errors()
    }

    /// Ends it at once (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child of ours can be killed");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// Asks it to end (SIGTERM); [`Program::wait_exit`] tells how it did.
    pub fn terminate(&self) {
        // The shell's own `kill`: the program of that name is not on every machine.
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.pid())]).status();
        assert!(sent.expect("sh runs").success(), "SIGTERM could not be sent to {}", self.pid());
    }

    /// Waits for its end, at most [`DEADLINE`].
    pub async fn wait_exit(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the program ends", async || child.try_wait().expect("a child of ours")).await
    }

    async fn wait_listening(&mut self) {
        let started = Instant::now();
        while !self.launch.servers.iter().all(|server| self.printed.address_of(server).is_some()) {
            let ended = self.child.try_wait().expect("a child of ours");
            let late = started.elapsed() > DEADLINE;
            if ended.is_some() || late {
                // The readers get a moment for what is still in the pipes.
                tokio::time::sleep(Duration::from_millis(100)).await;
                panic!(
                    "{} {} before it listened\n{}",
                    self.launch.binary.display(),
                    ended.map_or_else(
                        || format!("waited {DEADLINE:?}"),
                        |end| format!("ended ({end})")
                    ),
                    self.printed.story()
                );
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "a failing test shows what the program said")]
            {
                eprintln!("{}\n{}", self.launch.binary.display(), self.printed.story());
            }
        }
    }
}

fn port_of(url: &str) -> u16 {
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    port.unwrap_or_else(|| panic!("no port in {url}"))
}
