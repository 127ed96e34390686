//! Tests of the command and of what it is made of, in one binary: to link it takes longer than to run
//! most of them.

mod command;
mod futures;
mod kills;
mod layers;
mod outcomes;
mod scoped;
mod site;
mod tools;
