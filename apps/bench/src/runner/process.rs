//! The programs under measurement as processes: start, death, and what `/proc` says of them.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use parking_lot::Mutex;

use super::Result;

const PATIENCE: Duration = Duration::from_mins(1);

/// A running program; dropping it kills it.
pub struct Process {
    child: Child,
    address: String,
    /// Behind a lock, so that clients on threads of their own may share what has a process.
    lines: Mutex<Receiver<String>>,
}

impl Process {
    /// Starts program `name` in `folder`, with only `PATH`, `HOME` and these settings around it.
    pub fn spawn(
        folder: &Path,
        name: &str,
        args: &[&str],
        envs: &[(String, String)],
    ) -> Result<Self> {
        let program = folder.join(name);
        if !program.is_file() {
            let package = if name == "mcp-registry" { "standalone" } else { "bench" };
            let build = format!("cargo build --release -p {package} --bin {name}");
            return Err(format!("{} is missing; build it: {build}", program.display()).into());
        }
        let mut command = Command::new(program);
        command.args(args).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        let kept =
            ["PATH", "HOME"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.envs(kept).envs(envs.iter().map(|(name, value)| (name, value)));
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("the child has no stdout")?;
        let (give, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                // Nobody waits for later lines, but they are read: a program that logs must never
                // wait for its reader.
                let _ = give.send(line);
            }
        });
        Ok(Self { child, address: String::new(), lines: Mutex::new(lines) })
    }

    /// Starts a program whose first line is the address that it listens on.
    pub fn spawn_printing_address(
        folder: &Path,
        name: &str,
        args: &[&str],
        envs: &[(String, String)],
    ) -> Result<Self> {
        let mut process = Self::spawn(folder, name, args, envs)?;
        process.address = process.next_line().map_err(|error| format!("{name} {error}"))?;
        Ok(process)
    }

    /// The next line that it prints.
    pub fn next_line(&self) -> Result<String> {
        let line = self.lines.lock().recv_timeout(PATIENCE);
        line.map_err(|_| "ended, or was silent for a minute, before it listened".into())
    }

    /// Waits for its end, which must be a success.
    pub fn finish(mut self, what: &str) -> Result<()> {
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("{what}: {status}").into()) }
    }

    /// Where it listens, if it said so.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process's memory now and at its greatest, in KiB.
pub fn memory_kib(pid: u32) -> Result<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let member = |name: &str| -> Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(number.ok_or_else(|| format!("no {name} in /proc/{pid}/status"))?.trim().parse()?)
    };
    Ok((member("VmRSS:")?, member("VmHWM:")?))
}

/// The CPU time that a process has used, in clock ticks (user and system).
pub fn cpu_ticks(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The program's name, in parentheses, may hold spaces: count from its end.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let mut times = after.split_whitespace().skip(11);
    let (user, system) = (times.next(), times.next());
    let (Some(user), Some(system)) = (user, system) else {
        return Err(format!("/proc/{pid}/stat cannot be read").into());
    };
    Ok(user.parse::<f64>()? + system.parse::<f64>()?)
}

/// Clock ticks per second on this machine.
pub fn ticks_per_second() -> Result<f64> {
    let output = Command::new("getconf").arg("CLK_TCK").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// The machine's load average over the last minute.
pub fn load_average() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}
