//! Tests of the kernel, in one binary: to link it takes longer than to run it.

#[macro_use]
mod toy;
mod stock;

mod agreement;
mod environment;
mod executor;
mod failures;
mod hostility;
mod misuse;
mod scoped;
mod searches;
