//! The live picture: what the session is, a bar for the copy back, one for re-protection, one for the servers, and
//! what goes on.

use std::io;

use dr_api::sessions::SessionView;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::view::{self, Copying};
use super::{Look, next};
use crate::text::clean;
use crate::watch::bars::style;

const BAR: &str = "  {prefix:<9} [{bar:30}] {msg}";
const LINE: &str = "{msg}";

/// The picture.
pub(super) struct Bars {
    all: MultiProgress,
    head: ProgressBar,
    back: ProgressBar,
    forward: Option<ProgressBar>,
    servers: ProgressBar,
    foot: ProgressBar,
}

fn bar(prefix: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_style(bar_style());
    bar.with_prefix(prefix)
}

fn bar_style() -> ProgressStyle {
    style(BAR).progress_chars("=> ")
}

impl Bars {
    /// An empty one, on standard output.
    pub(super) fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
        let line = || ProgressBar::new(0).with_style(style(LINE));
        Self {
            head: all.add(line()),
            back: all.add(bar("back")),
            forward: None,
            servers: all.add(bar("servers")),
            foot: all.add(line()),
            all,
        }
    }

    /// Shows a look.
    pub(super) fn show(&mut self, look: &Look, now: i64) {
        let session = &look.session;
        let title = format!("{}  {}", view::subject(session), session.status.as_str());
        self.head.set_message(clean(&title));
        let back = session.reverse.as_ref().map(Copying::back);
        copy(&self.back, &back.unwrap_or_default(), now);
        if let Some(forward) = &look.forward {
            let bar = match &self.forward {
                Some(bar) => bar,
                None => {
                    let added = self.all.insert_before(&self.servers, bar("forward"));
                    self.forward.insert(added)
                }
            };
            copy(bar, forward, now);
        }
        let at_rest = session.total_servers.saturating_sub(next::moves(session));
        self.servers.set_length(session.total_servers as u64);
        self.servers.set_position(at_rest as u64);
        self.servers.set_message(view::stages(session.stages));
        self.foot.set_message(clean(&foot(session)));
    }

    /// A line that stays, above the picture.
    pub(super) fn above(&self, text: &str) -> io::Result<()> {
        self.all.println(clean(text))
    }

    /// Leaves the picture as it is, for what is printed next.
    pub(super) fn close(&self) {
        let all = [&self.head, &self.back, &self.servers, &self.foot];
        for bar in all.into_iter().chain(&self.forward) {
            bar.abandon();
        }
    }
}

fn copy(bar: &ProgressBar, copy: &Copying, now: i64) {
    bar.set_length(1000);
    bar.set_position(copy.tenths());
    bar.set_message(copy.words(now));
}

/// What goes on, and where to see more of it.
pub(super) fn foot(session: &SessionView) -> String {
    let mut parts = Vec::new();
    if session.stages.failing_back > 0
        && let Some(id) = &session.failback_execution_id
    {
        parts.push(format!("a failback runs: dr execution watch {id}"));
    }
    if session.failed_servers > 0 {
        parts.push(format!(
            "the last step failed for {}",
            session.failed_servers
        ));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressStyle;

    use super::{BAR, LINE};

    #[test]
    fn the_templates_are_well_formed() {
        for template in [BAR, LINE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
