#![doc = include_str!("README.md")]

mod application;
mod company_file;
mod schedule;
mod session;
mod soap;
mod wsdl;
mod xml;

#[cfg(test)]
mod tests;

pub use application::{Application, Guid, OWNER_ID};
pub use company_file::{CompanyFile, Known, OtherFile};
pub use schedule::Schedule;
pub use session::{Asked, Progress, Session, Turn, stranger};
pub use soap::{Call, Login, Method, Reply, SoapFault, WorkRequest, read_call, write_fault};
pub use wsdl::description;
