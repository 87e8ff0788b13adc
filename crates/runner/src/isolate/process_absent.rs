//! A stand-in for systems on which textmill cannot run plugins in processes.

use super::call_failure::CallFailure;
use super::wire::{Reply, Request};
use std::convert::Infallible;
use std::io;
use std::time::Duration;

/// A process that cannot exist.
pub struct Process {
    /// Whether the process has ever been called on documents.
    pub has_seen_documents: bool,
    never: Infallible,
}

impl Process {
    /// Always fails.
    ///
    /// # Errors
    /// Always.
    pub fn start() -> io::Result<Self> {
        let message = "`isolation = \"process\"` needs Linux";
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }

    pub fn call(
        &mut self,
        _: &Request,
        _: &[Vec<u8>],
        _: Duration,
        _: &dyn Fn() -> bool,
    ) -> Result<(Reply, Vec<Vec<u8>>), CallFailure> {
        match self.never {}
    }

    pub fn row(&self) -> Option<u32> {
        match self.never {}
    }

    pub fn said(&self) -> Vec<String> {
        match self.never {}
    }
}
