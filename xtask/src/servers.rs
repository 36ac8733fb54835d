//! Redis and PostgreSQL for the tests: from the system's packages, on free ports of loopback, with
//! folders of their own, gone at the end. Servers that run already are neither used nor disturbed.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::run::step;

const HOW: &str = "apt-get install redis-server postgresql";
/// Both servers ask for it, so that the tests can log in wrongly.
const PASSWORD: &str = "loopback-only";

/// Servers that run until this is dropped.
pub(crate) struct Servers {
    folder: PathBuf,
    processes: Vec<(Child, Option<Command>)>,
    /// Variables for whoever uses them.
    env: Vec<(&'static str, String)>,
    /// What could not be started, for lack of the program.
    missing: Vec<&'static str>,
}

impl Servers {
    /// Starts both. A program that is not installed is an error if all are required; otherwise the
    /// tests that need it say so and do nothing.
    pub(crate) fn start(required: bool) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("sf-servers-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // PostgreSQL runs as another user when this is root, and has to pass through.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o711))?;
        // From here on the folder is removed whatever fails.
        let mut servers = Self { folder, processes: vec![], env: vec![], missing: vec![] };
        servers.start_redis()?;
        servers.start_postgres()?;
        if servers.missing.is_empty() {
            // Now a test that does not find its server fails.
            servers.env.push(("SF_REQUIRE_SERVERS", "1".to_owned()));
        } else if required {
            bail!("{} not found; run: {HOW}", servers.missing.join(" and "));
        }
        Ok(servers)
    }

    /// The variables that tell where the servers are.
    pub(crate) fn env(&self) -> Vec<(&str, &str)> {
        self.env.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Says which tests did nothing, and how to change that.
    pub(crate) fn report_missing(&self) {
        if !self.missing.is_empty() {
            println!(
                "\nnot tested: the stores of servers that are not installed here ({}); run: {HOW}",
                self.missing.join(", ")
            );
        }
    }

    fn start_redis(&mut self) -> Result<()> {
        let Some(program) = on_path("redis-server").or_else(|| on_path("valkey-server")) else {
            self.missing.push("redis-server");
            return Ok(());
        };
        let folder = self.folder.join("redis");
        fs::create_dir(&folder)?;
        let port = free_port()?;
        let mut command = ends_with_us(&program);
        command
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--requirepass", PASSWORD])
            .arg("--dir")
            .arg(&folder);
        self.spawn("redis", command, None)?;
        wait_for("redis", &folder, || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        self.env.push(("SF_TEST_REDIS", format!("redis://:{PASSWORD}@127.0.0.1:{port}/0")));
        Ok(())
    }

    fn start_postgres(&mut self) -> Result<()> {
        let Some(bin) = postgres_bin() else {
            self.missing.push("postgresql");
            return Ok(());
        };
        let folder = self.folder.join("postgres");
        fs::create_dir(&folder)?;
        let user = unprivileged_user()?;
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid))?;
        }
        let run_as = |mut command: Command| {
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            // The current folder may be closed to the other user.
            command.current_dir("/");
            command
        };
        let (data, password) = (folder.join("data"), folder.join("password"));
        fs::write(&password, PASSWORD)?;
        fs::set_permissions(&password, fs::Permissions::from_mode(0o644))?;
        let mut initdb = run_as(Command::new(bin.join("initdb")));
        initdb.arg("--pgdata").arg(&data).arg("--pwfile").arg(&password);
        initdb.args(["--username", "sf", "--auth", "scram-sha-256", "--no-sync"]);
        initdb.args(["--encoding", "UTF8", "--locale", "C"]);
        let made = initdb.output().context("cannot start initdb")?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));

        let port = free_port()?.to_string();
        let mut command = run_as(ends_with_us(&bin.join("postgres")));
        command.arg("-D").arg(&data).args(["-p", &port, "-h", "127.0.0.1", "-k", ""]);
        // The tests kill connections, not the machine.
        command.args(["-c", "fsync=off", "-c", "max_connections=300"]);
        let mut stop = run_as(Command::new(bin.join("pg_ctl")));
        stop.args(["stop", "--silent", "--mode", "immediate", "--pgdata"]).arg(&data);
        self.spawn("postgres", command, Some(stop))?;
        wait_for("postgres", &folder, || {
            let mut ready = Command::new(bin.join("pg_isready"));
            ready.args(["--quiet", "--host", "127.0.0.1", "--port", &port]);
            ready.status().is_ok_and(|status| status.success())
        })?;
        let url = format!("postgresql://sf:{PASSWORD}@127.0.0.1:{port}/postgres");
        self.env.push(("SF_TEST_POSTGRES", url));
        Ok(())
    }

    /// Starts a server that writes its log beside its data. `stop` is a gentler end than a kill.
    fn spawn(&mut self, name: &str, mut command: Command, stop: Option<Command>) -> Result<()> {
        let log = fs::File::create(self.folder.join(format!("{name}.log")))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        self.processes.push((child, stop));
        Ok(())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for (child, stop) in &mut self.processes {
            // PostgreSQL's processes leave shared memory behind when their parent is killed.
            let stopped =
                stop.as_mut().is_some_and(|stop| stop.status().is_ok_and(|s| s.success()));
            if !stopped {
                let _ = child.kill();
            }
            let _ = child.wait();
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            println!("cannot remove {}: {error}", self.folder.display());
        }
    }
}

/// `cargo xtask servers -- CMD...`: runs a command with both servers up.
pub(crate) fn run(words: &[OsString]) -> Result<()> {
    let servers = Servers::start(true)?;
    let (program, arguments) = words.split_first().context("a command is needed after --")?;
    let mut command = Command::new(program);
    command.args(arguments).envs(servers.env());
    step(&program.to_string_lossy(), &mut command)
}

/// A command whose process is told to end when this one does, however that comes about (Linux).
fn ends_with_us(program: &Path) -> Command {
    match on_path("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "INT", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// PostgreSQL does not run as root. `None` when we are somebody else.
fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    if id(&["-u"])? != Some(0) {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let (Some(uid), Some(gid)) = (id(&["-u", name])?, id(&["-g", name])?) {
            return Ok(Some((uid, gid)));
        }
    }
    bail!("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
}

/// A number that `id` prints; `None` for a user that does not exist.
fn id(words: &[&str]) -> Result<Option<u32>> {
    let output = Command::new("id").args(words).output().context("cannot start id")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}

/// The folder of PostgreSQL's programs: the newest of Debian's, which are not on the PATH, or else
/// the one that the PATH leads to.
fn postgres_bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter(|version| version.path().join("bin/postgres").exists())
        .max_by_key(|version| version.file_name().to_string_lossy().parse().unwrap_or(0));
    if let Some(version) = newest {
        return Some(version.path().join("bin"));
    }
    Some(on_path("initdb")?.canonicalize().ok()?.parent()?.to_path_buf())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn wait_for(name: &str, folder: &Path, ready: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !ready() {
        if Instant::now() > deadline {
            let log = folder.with_extension("log");
            bail!("{name} does not answer: {}", fs::read_to_string(log).unwrap_or_default());
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}
