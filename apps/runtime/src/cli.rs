//! The command line that all programs share.

mod archive;
mod audit;
mod config;
mod healthcheck;
mod key;
mod migrate;
mod register_server;
mod serve;
mod token;
mod validate;

use std::future::ready;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::boot::{Bound, Runtime};
use crate::run::{Half, Running};
use crate::settings::{Environment, Loaded, Settings, WrongSetting};

/// What wrong settings or wrong arguments end with.
const EXIT_USAGE: u8 = 2;

/// A program: its name, what it serves, and how its servers are made of the runtime.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The program's name.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// What it serves.
    pub halves: &'static [Half],
    /// Makes a server on a bound socket.
    pub server: fn(&Runtime, Bound) -> io::Result<Running>,
}

impl Program {
    /// What it serves by these settings: a program that is the gateway alone cannot leave it out.
    fn serves(&self, settings: &Settings) -> Vec<Half> {
        let may_leave_out = self.halves.len() > 1;
        let is_served =
            |half: &&Half| **half != Half::Gateway || settings.gateway.enabled || !may_leave_out;
        self.halves.iter().filter(is_served).copied().collect()
    }
}

#[derive(Parser)]
#[command(
    version,
    after_help = "Settings are environment variables, or lines of a file .env in the working directory.\n\
                  `config` prints each with its value and where that came from; .env.example explains them.\n\
                  Exit codes: 0 well, 1 failed, 2 wrong settings or arguments."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop (the default)
    Serve,
    /// Bring the database's schema up to date, or take steps back, and do nothing else
    Migrate(migrate::Arguments),
    /// Print a token of the development issuer
    Token(token::Arguments),
    /// Make keys for the settings
    Key(key::Arguments),
    /// Check the settings: one line per wrong variable, exit code 2 if there is one
    Validate,
    /// Print every setting with its value and where it came from; secrets are masked
    Config,
    /// List an MCP server directly, without a registration
    RegisterServer(register_server::Arguments),
    /// Look after the records of what was done
    Audit(audit::Arguments),
    /// Write everything that lasts into one file, which either kind of store reads
    Export(archive::ExportArguments),
    /// Read such a file into an empty store
    Import(archive::ImportArguments),
    /// Ask the running program whether it is alive: exit code 0 if so
    Healthcheck(healthcheck::Arguments),
}

/// Runs a program: reads its arguments and settings, and does what they say.
pub fn main(program: Program) -> ExitCode {
    let command = match parse(program) {
        Ok(arguments) => arguments.command.unwrap_or(Command::Serve),
        Err(error) => {
            // Help and version are "errors" of clap's, too; it knows which stream is theirs.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(EXIT_USAGE));
        }
    };
    let loaded = match Environment::of_process() {
        Ok(environment) => Settings::from_env(&environment),
        Err(problem) => return refuse(&[problem]),
    };
    match command {
        Command::Key(arguments) => ended(key::run(&arguments)),
        Command::Validate => validate::run(&loaded),
        Command::Config => config::run(&loaded),
        Command::Serve => with(loaded, |settings| serve::run(program, settings)),
        Command::Migrate(arguments) => with(loaded, |settings| migrate::run(arguments, settings)),
        Command::Token(arguments) => {
            with(loaded, |settings| ready(token::run(arguments, &settings)))
        }
        Command::RegisterServer(arguments) => {
            with(loaded, |settings| register_server::run(arguments, settings))
        }
        Command::Export(arguments) => with(loaded, |settings| archive::export(arguments, settings)),
        Command::Import(arguments) => with(loaded, |settings| archive::import(arguments, settings)),
        Command::Audit(arguments) => with(loaded, |settings| audit::run(arguments, settings)),
        Command::Healthcheck(arguments) => {
            with(loaded, |settings| healthcheck::run(program, arguments, settings))
        }
    }
}

fn parse(program: Program) -> Result<Arguments, clap::Error> {
    use clap::{CommandFactory, FromArgMatches};

    let command =
        Arguments::command().name(program.name).bin_name(program.name).about(program.about);
    Arguments::from_arg_matches(&command.try_get_matches()?)
}

/// Runs a command on the main runtime, if the settings are good.
fn with<F>(loaded: Loaded, command: impl FnOnce(Settings) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Failure>>,
{
    let Loaded { settings, problems, .. } = loaded;
    if !problems.is_empty() {
        return refuse(&problems);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    ended(runtime.block_on(command(settings)))
}

/// How a command ended, for who called the program.
fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(line)) => {
            tell(&line);
            ExitCode::from(EXIT_USAGE)
        }
        Err(Failure::Other(error)) => fail(error.as_ref()),
    }
}

/// Why a command failed.
enum Failure {
    /// A setting or an argument is wrong in a way that shows only when it is used.
    Usage(String),
    /// Anything else.
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    fn usage(wrong: &impl ToString) -> Self {
        Self::Usage(wrong.to_string())
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// Prints a line for people, on standard error: standard output belongs to logs and results.
/// If nobody can read it, there is nobody to tell that.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a command's result. A reader that has seen enough (`| head -1`) is no failure.
///
/// # Errors
/// The system's own, when standard output takes nothing more.
fn print(line: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

fn refuse(problems: &[WrongSetting]) -> ExitCode {
    for problem in problems {
        tell(&problem.to_string());
    }
    ExitCode::from(EXIT_USAGE)
}

fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let mut line = format!("error: {error}");
    let mut cause = error.source();
    while let Some(source) = cause {
        line.push_str(": ");
        line.push_str(&source.to_string());
        cause = source.source();
    }
    tell(&line);
    ExitCode::FAILURE
}
