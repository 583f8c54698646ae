//! A command's way through the SDK.

use std::future::Future;

use pgbeam::{Client, Error};

use crate::{
    answer::{Answer, Failure, Success},
    clients::Clients,
    command::{Command, Refusal, Task},
    edit, pages,
    typed::{self, Method},
    untyped,
};

/// Carries a command out and answers it. The client is made at once, the rest when it is awaited.
pub fn run(
    command: Result<Command, Refusal>,
    clients: &mut Clients,
) -> impl Future<Output = Answer> + Send + use<> {
    let (id, conditional, prepared) = match command {
        Ok(Command { id, setup, task }) => {
            let conditional = setup.is_conditional() || task.is_conditional();
            (id, conditional, Ok((clients.get(&setup), task)))
        }
        Err(Refusal { id, message }) => (id, false, Err(Failure::Command(message))),
    };
    async move {
        let outcome = match prepared {
            Ok((client, task)) => carry_out(client, task).await,
            Err(failure) => Err(failure),
        };
        Answer::of(id, outcome, conditional)
    }
}

async fn carry_out(client: Result<Client, Error>, task: Task) -> Result<Success, Failure> {
    let client = client?;
    match task {
        Task::Call(request) => match Method::of(request.operation) {
            Some(method) => typed::call(&client, method, request).await,
            None => untyped::call(&client, &request).await,
        },
        Task::List(request) => match Method::of(request.operation) {
            Some(method) => typed::all(&client, method, request).await,
            None => pages::by_name(&client, request).await,
        },
        Task::Edit(request, changes) => edit::edit(&client, request, changes).await,
    }
}
