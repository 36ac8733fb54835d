//! Every store, against the behaviour that all share and against what its own medium can do to it.

mod behaviour;
mod outages;
pub(crate) mod place;
mod postgres;
mod processes;
mod proxy;
mod redis;
mod sqlite;

use place::Place;

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    behaviour::all(Place::memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_file() {
    behaviour::all(Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql() {
    if let Some(place) = Place::postgres() {
        behaviour::all(place).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_server() {
    if let Some(place) = Place::redis() {
        behaviour::all(place).await;
    }
}
