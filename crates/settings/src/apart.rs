//! Work that is done to its end, whoever waits for it.

/// Does work in a task of its own, and returns what it returns.
///
/// Whoever waits may go away meanwhile, as a request does whose caller hangs up: what is kept and what is in memory
/// would part there, and here they do not.
pub async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The runtime ends, and whoever waits with it.
        Err(Err(_cancelled)) => std::future::pending().await,
    }
}
