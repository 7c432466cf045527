//! The scripted visitor: presses the buttons that a person would press, on the same pages, over HTTP.

mod browser;
mod form;

use anyhow::{Context as _, Result, bail};
use composio::Url;

use self::browser::{Browser, Page};
use self::form::Form;

/// Opens a link, continues, allows access as the account with this address, and comes back. `report` hears of each page,
/// with its name and what was done there.
///
/// # Errors
/// Where a page refuses, or leads away from this computer.
pub async fn walk(link: &Url, account: &str, mut report: impl FnMut(&str, &str) + Send) -> Result<()> {
    let mut browser = Browser::new()?;
    let page = browser.open(link.clone()).await.context("the link page")?;
    report("link page", &format!("{}: pressed Continue", page.title()));
    let form = form_of(&page)?;
    let page = press(&mut browser, &page, &form, form.fields()).await.context("the link page")?;

    let form = form_of(&page)?;
    let mut answers = form.fields().to_vec();
    answers.push(choose(&form, account)?);
    answers.push(form.button("allow").context("the consent page has no button to allow it")?.clone());
    report("consent page", &format!("{}: allowed as {account}", page.title()));
    let page = press(&mut browser, &page, &form, &answers).await.context("the consent page")?;
    report("callback", &page.title());
    Ok(())
}

fn form_of(page: &Page) -> Result<Form> {
    Form::find(&page.html).with_context(|| format!("no form on the page \"{}\"", page.title()))
}

fn choose(form: &Form, account: &str) -> Result<(String, String)> {
    let Some(choice) = form.choices().iter().find(|(_, value)| value == account) else {
        let offered: Vec<_> = form.choices().iter().map(|(_, value)| value.as_str()).collect();
        bail!("the consent page does not offer {account}, but {}", offered.join(", "));
    };
    Ok(choice.clone())
}

async fn press(browser: &mut Browser, page: &Page, form: &Form, answers: &[(String, String)]) -> Result<Page> {
    // An empty action means the page itself.
    let target = if form.action().is_empty() { page.url.clone() } else { page.url.join(form.action())? };
    browser.submit(&page.url, target, answers).await
}
