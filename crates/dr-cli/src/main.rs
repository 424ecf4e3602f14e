//! `dr`: the orchestrator at a terminal.

use std::process::ExitCode;

use dr_cli::world::World;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(dr_cli::run(std::env::args_os(), World::of_process()));
            ExitCode::from(code)
        }
        // No threads, no sockets: there is nothing to say it with either.
        Err(_) => ExitCode::FAILURE,
    }
}
