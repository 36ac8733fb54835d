//! Connected accounts against the embedded org.

mod adopt;
mod browser;
mod cells;
mod connect;
mod disconnect;
mod kill;
mod late;
mod list;
mod machine;
mod metrics;
mod own_credentials;
mod probe;
mod processes;
mod rotation;
mod secrets;
mod storm;
mod uncertain;
mod world;

use self::probe::Probe;
use self::world::World;
