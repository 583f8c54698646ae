//! Executes commands with the SDK.

use std::future::Future;

use pgbeam::{Client, Error};

use crate::{
    clients::Clients,
    command::{Command, InvalidCommand, Task},
    edit, pages,
    reply::{Failure, Reply, Success},
    typed::{self, Method},
    untyped,
};

/// Executes a command and returns its reply. The client is built immediately; the call is made when the
/// future is polled.
pub fn run(
    command: Result<Command, InvalidCommand>,
    clients: &mut Clients,
) -> impl Future<Output = Reply> + Send + use<> {
    let (id, conditional, prepared) = match command {
        Ok(Command { id, config, task }) => {
            let conditional = config.is_conditional() || task.is_conditional();
            (id, conditional, Ok((clients.get(&config), task)))
        }
        Err(InvalidCommand { id, message }) => (id, false, Err(Failure::Command(message))),
    };
    async move {
        let outcome = match prepared {
            Ok((client, task)) => execute(client, task).await,
            Err(failure) => Err(failure),
        };
        Reply::new(id, outcome, conditional)
    }
}

async fn execute(client: Result<Client, Error>, task: Task) -> Result<Success, Failure> {
    let client = client?;
    match task {
        Task::Call(request) => match Method::from_operation(request.operation) {
            Some(method) => typed::call(&client, method, request).await,
            None => untyped::call(&client, &request).await,
        },
        Task::List(request) => match Method::from_operation(request.operation) {
            Some(method) => typed::all(&client, method, request).await,
            None => pages::by_name(&client, request).await,
        },
        Task::Edit(request, changes) => edit::edit(&client, request, changes).await,
    }
}
