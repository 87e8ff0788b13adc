//! A plugin's process where the system has none that textmill knows how to watch.

use super::wire::{Reply, Request};
use std::io;
use std::time::Duration;

/// A process that cannot be.
pub struct Process(std::convert::Infallible);

/// Why a process gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Died(String),
    OutOfMemory,
    Late,
    Stopped,
    Broken(String),
}

impl Process {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn start() -> io::Result<Self> {
        let message = "`isolation = \"process\"` takes Linux";
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }

    pub fn call(
        &mut self,
        _: &Request,
        _: &[Vec<u8>],
        _: Duration,
        _: &dyn Fn() -> bool,
    ) -> Result<(Reply, Vec<Vec<u8>>), Ended> {
        match self.0 {}
    }

    pub fn row(&self) -> Option<u32> {
        match self.0 {}
    }

    pub fn said(&self) -> Vec<String> {
        match self.0 {}
    }
}
