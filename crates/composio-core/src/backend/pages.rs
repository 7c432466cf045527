//! Reading a list page after page.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{self, Stream, TryStreamExt as _};

use super::Page;
use crate::error::{Error, ErrorKind, Result};

/// What every list in the making has: how many are on a page, where to go on, one page by awaiting it, and all as a stream.
///
/// The list has the fields `source`, whom to ask; `query`, which has a limit and a cursor; and `error`, the first mistake in
/// what was said. `$page` asks for a page.
macro_rules! listing {
    ($list:ident of $item:ty, $limits:literal, $page:path) => {
        impl $list {
            #[doc = concat!("How many on a page at the most: ", $limits, " at the most.")]
            pub fn limit(mut self, limit: usize) -> Self {
                self.query.limit = Some(limit);
                self
            }

            /// Goes on where a page ended.
            pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
                self.query.cursor = Some(cursor.into());
                self
            }

            /// All of them from here on, page after page.
            pub fn stream(self) -> $crate::backend::Items<$item> {
                let Self { source, query, error } = self;
                let start = error.map_or(Ok(query.cursor.clone()), Err);
                $crate::backend::Items::new(start, move |cursor| {
                    let mut query = query.clone();
                    query.cursor = cursor;
                    $page(Clone::clone(&source), query)
                })
            }
        }

        impl ::std::future::IntoFuture for $list {
            type Output = $crate::error::Result<$crate::backend::Page<$item>>;
            type IntoFuture = $crate::session::BoxFuture<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                match self.error {
                    Some(error) => Box::pin(::std::future::ready(Err(error))),
                    None => Box::pin($page(self.source, self.query)),
                }
            }
        }
    };
}
pub(crate) use listing;

/// What is on all pages of a list, one after the other: a [`Stream`](futures::Stream).
///
/// A page is asked for when the one before has been taken. The stream ends after the last page or the first error, and does
/// not follow a list whose pages lead in a circle: that is `Unexpected`.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # let backend = (0..30).fold(ScriptedBackend::new(), |backend, n| backend.toolkit(&format!("toolkit_{n}")));
/// # let session = Composio::with_backend(backend).create("user_123").await?;
/// use futures::TryStreamExt as _;
///
/// let mut toolkits = session.toolkits().stream();
/// let mut count = 0;
/// while let Some(toolkit) = toolkits.try_next().await? {
///     println!("{}", toolkit.name);
///     count += 1;
/// }
/// assert_eq!(count, 30, "a page has 20 of them");
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[must_use = "nothing is read until the stream is"]
pub struct Items<T> {
    stream: Pin<Box<dyn Stream<Item = Result<T>> + Send>>,
}

impl<T: Send + 'static> Items<T> {
    /// The items from a cursor on; the mistake in place of them where the list cannot be asked for.
    pub(crate) fn new<F, Fut>(start: Result<Option<String>>, fetch: F) -> Self
    where
        F: FnMut(Option<String>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Page<T>>> + Send + 'static,
    {
        let pages = pages(start, fetch).map_ok(|items| stream::iter(items.into_iter().map(Ok)));
        Self { stream: Box::pin(pages.try_flatten()) }
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.stream.as_mut().poll_next(cx)
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Items")
    }
}

/// What comes next.
enum Next {
    Page(Result<Option<String>>),
    End,
}

/// The pages of a list, from a cursor on.
pub(crate) fn pages<T, F, Fut>(start: Result<Option<String>>, fetch: F) -> impl Stream<Item = Result<Vec<T>>> + Send
where
    T: Send,
    F: FnMut(Option<String>) -> Fut + Send,
    Fut: Future<Output = Result<Page<T>>> + Send,
{
    let state = (Next::Page(start), HashSet::new(), fetch);
    stream::try_unfold(state, |(next, mut read, mut fetch)| async move {
        let Next::Page(cursor) = next else { return Ok(None) };
        let cursor = cursor?;
        read.extend(cursor.clone());
        let page = fetch(cursor).await?;
        let next = match page.next_cursor {
            Some(cursor) if read.contains(&cursor) => Next::Page(Err(in_a_circle())),
            Some(cursor) => Next::Page(Ok(Some(cursor))),
            None => Next::End,
        };
        Ok(Some((page.items, (next, read, fetch))))
    })
}

fn in_a_circle() -> Error {
    let message = "the backend's list does not end: a page names one as the next that was read";
    Error::new(ErrorKind::Unexpected, message)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::StreamExt as _;

    use super::*;

    /// What a stream gives of a list whose pages are these, each with where it leads, and how many pages were asked for.
    async fn read(list: &[(&[u32], Option<&str>)], start: Result<Option<String>>) -> (Vec<Result<u32>>, usize) {
        let asked = Arc::new(AtomicUsize::new(0));
        let pages: Vec<(Vec<u32>, Option<String>)> =
            list.iter().map(|(items, next)| (items.to_vec(), next.map(str::to_owned))).collect();
        let count = Arc::clone(&asked);
        let items = Items::new(start, move |cursor| {
            count.fetch_add(1, Ordering::Relaxed);
            let place = cursor.map_or(0, |cursor| cursor.parse::<usize>().unwrap());
            let page = pages.get(place).cloned();
            async move {
                let (items, next) = page.ok_or_else(|| Error::new(ErrorKind::Unavailable, "gone"))?;
                Ok(Page::new(items, next, None))
            }
        });
        // A list that never ends would keep the test.
        let read = items.take(20).collect().await;
        (read, asked.load(Ordering::Relaxed))
    }

    /// The items, and the kind of the error that ended them.
    fn told(read: Vec<Result<u32>>) -> (Vec<u32>, Option<ErrorKind>) {
        let (mut items, mut ended) = (Vec::new(), None);
        for one in read {
            assert_eq!(ended, None, "nothing follows an error");
            match one {
                Ok(item) => items.push(item),
                Err(error) => ended = Some(error.kind()),
            }
        }
        (items, ended)
    }

    #[tokio::test]
    async fn pages_are_read_to_the_end() {
        let none: &[u32] = &[];
        for (list, start, expected, asked) in [
            (&[(&[1, 2][..], None)][..], None, vec![1, 2], 1),
            (&[(&[1][..], Some("1")), (&[2], Some("2")), (&[3], None)], None, vec![1, 2, 3], 3),
            (&[(&[1][..], Some("1")), (none, Some("2")), (&[3], None)], None, vec![1, 3], 3),
            (&[(&[1][..], Some("1")), (&[2], None)], Some("1"), vec![2], 1),
            (&[(none, None)], None, vec![], 1),
        ] {
            let (read, pages) = read(list, Ok(start.map(str::to_owned))).await;
            assert_eq!((told(read), pages), ((expected, None), asked), "{list:?} from {start:?}");
        }
    }

    #[tokio::test]
    async fn a_list_that_goes_in_a_circle_ends_with_an_error() {
        for (list, start, expected) in [
            (&[(&[1][..], Some("0"))][..], Some("0"), vec![1]),
            (&[(&[1][..], Some("1")), (&[2], Some("1"))], None, vec![1, 2]),
            (&[(&[1][..], Some("1")), (&[2], Some("2")), (&[3], Some("1"))], None, vec![1, 2, 3]),
        ] {
            let (read, _) = read(list, Ok(start.map(str::to_owned))).await;
            assert_eq!(told(read), (expected, Some(ErrorKind::Unexpected)), "{list:?}");
        }
    }

    #[tokio::test]
    async fn the_first_error_is_the_end() {
        let (lost, asked) = read(&[(&[1], Some("7"))], Ok(None)).await;
        assert_eq!((told(lost), asked), ((vec![1], Some(ErrorKind::Unavailable)), 2));
        let mistake = Err(Error::invalid_input("toolkits", "No Slug", "a slug"));
        let (refused, asked) = read(&[(&[1], None)], mistake).await;
        assert_eq!((told(refused), asked), ((vec![], Some(ErrorKind::InvalidInput)), 0));
    }
}
