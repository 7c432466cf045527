//! How a call gets its connection: one that reads, reads at one moment, or writes alone.

/// Runs a call on a connection that reads.
macro_rules! reading {
    ($store:ident, $conn:ident => $call:expr) => {{
        let mut connection =
            $store.pools.readers.acquire().await.map_err($crate::store::sqlite::failure::Failure::from)?;
        let $conn = &mut *connection;
        Ok($call.await?)
    }};
}

/// Runs calls on a connection that reads, all at one moment.
macro_rules! snapshot {
    ($store:ident, $conn:ident => $call:expr) => {{
        let mut connection =
            $store.pools.readers.acquire().await.map_err($crate::store::sqlite::failure::Failure::from)?;
        let mut transaction = connection.begin().await.map_err($crate::store::sqlite::failure::Failure::from)?;
        let $conn = &mut *transaction;
        let found = $call.await?;
        transaction.commit().await.map_err($crate::store::sqlite::failure::Failure::from)?;
        Ok(found)
    }};
}

/// Runs a call alone and commits it. Where it fails, or is dropped, nothing of it stays.
macro_rules! writing {
    ($store:ident, $conn:ident => $call:expr) => {{
        let mut transaction = $store
            .pools
            .writer
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err($crate::store::sqlite::failure::Failure::from)?;
        let $conn = &mut *transaction;
        let done = $call.await?;
        transaction.commit().await.map_err($crate::store::sqlite::failure::Failure::from)?;
        Ok(done)
    }};
}

pub(super) use {reading, snapshot, writing};
