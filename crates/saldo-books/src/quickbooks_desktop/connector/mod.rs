#![doc = include_str!("README.md")]

mod application;
mod company_file;
mod effect;
mod incoming;
mod schedule;
mod session;
mod sieve;
mod soap;
mod source;
mod wsdl;
mod xml;

#[cfg(test)]
mod tests;

pub use application::{Application, Guid, OWNER_ID};
pub use company_file::{CompanyFile, Known, OtherFile};
pub use incoming::{STRANGER_BYTES_MAX, read_call};
pub use schedule::Schedule;
pub use session::{Asked, Progress, Session, Turn, stranger};
pub use sieve::Wanted;
pub use soap::{Call, Login, Method, Reply, SoapFault, WorkRequest, write_fault};
pub use wsdl::description;
