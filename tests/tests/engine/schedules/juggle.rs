//! Several pieces of work on one thread, interleaved where they wait, and some of them dropped midway as by a crash.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::dice::Dice;

/// A piece of work, and after how many steps from wait to wait it is dropped.
pub(super) struct Piece<'a, T> {
    pub(super) work: Pin<Box<dyn Future<Output = T> + 'a>>,
    pub(super) dropped_after: Option<u32>,
}

/// What came of each, in their order; nothing of those that were dropped. Which of those that can go on goes on is left to chance.
pub(super) async fn juggle<T>(pieces: Vec<Piece<'_, T>>, dice: &mut Dice) -> Vec<Option<T>> {
    let mut balls: Vec<Ball<'_, T>> = pieces.into_iter().map(Ball::new).collect();
    poll_fn(|context| {
        for ball in &balls {
            ball.flag.tell(context.waker());
        }
        let mut order: Vec<usize> = (0..balls.len()).collect();
        dice.shuffle(&mut order);
        for index in order {
            if let Some(ball) = balls.get_mut(index) {
                ball.go_on();
            }
        }
        if balls.iter().all(|ball| ball.work.is_none()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    balls.into_iter().map(|ball| ball.came_of_it).collect()
}

struct Ball<'a, T> {
    work: Option<Pin<Box<dyn Future<Output = T> + 'a>>>,
    steps_left: Option<u32>,
    flag: Arc<Flag>,
    came_of_it: Option<T>,
}

impl<'a, T> Ball<'a, T> {
    fn new(piece: Piece<'a, T>) -> Self {
        let flag = Arc::new(Flag { up: AtomicBool::new(true), tells: Mutex::new(Waker::noop().clone()) });
        Self { work: Some(piece.work), steps_left: piece.dropped_after, flag, came_of_it: None }
    }

    fn go_on(&mut self) {
        let Some(work) = self.work.as_mut().filter(|_| self.flag.up.swap(false, Ordering::AcqRel)) else {
            return;
        };
        match &mut self.steps_left {
            Some(0) => {
                self.work = None;
                return;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let waker = Waker::from(Arc::clone(&self.flag));
        if let Poll::Ready(came_of_it) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.came_of_it = Some(came_of_it);
            self.work = None;
        }
    }
}

/// Up when the piece can go on.
struct Flag {
    up: AtomicBool,
    tells: Mutex<Waker>,
}

impl Flag {
    fn tell(&self, waker: &Waker) {
        self.tells.lock().unwrap_or_else(PoisonError::into_inner).clone_from(waker);
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.up.store(true, Ordering::Release);
        self.tells.lock().unwrap_or_else(PoisonError::into_inner).wake_by_ref();
    }
}
