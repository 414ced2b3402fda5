/*
 * A pool of threads. The thread that runs a step opens one region after another, each a function and a number of tasks; the
 * pool's workers help where they are free.
 *
 * Tasks are claimed one by one, never divided in advance, and the caller never waits for a worker that has claimed nothing:
 * a core that is busy with something else costs parallelism, not time. Which thread runs a task does not change its result.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void task_fn(const void *context, int task);

/* Where a task ends whose units come in multiples. */
static inline int end_of(long end, int limit) { return end < limit ? (int)end : limit; }

/*
 * `ticket` is the epoch of the latest region and which of its tasks nobody has claimed yet: those from `first` to before
 * `end`. A task is claimed at either end with a compare-and-swap, which succeeds only if all is as it was read. From this
 * follows all else:
 *
 * - A worker reads `run` and `context` after the ticket and before the swap. Its caller replaces them only once all tasks are
 *   done, so if the swap succeeds, what was read belongs to the claimed task. If it fails, what was read may belong to a
 *   later region, and is dropped.
 * - The range is in the ticket itself. In a field of its own, a worker could compare the ticket of one region with the range
 *   of the next, and claim a task that does not exist.
 * - Epochs have 36 bits: at a hundred thousand regions a second, a week passes before one returns.
 *
 * The caller claims at the front and the first worker at the back. Tasks of successive regions that work on the same rows
 * have similar numbers, so that a core finds in its own cache what it wrote there a region ago.
 */
enum { RANGE_BITS = 14, TICKET_TASKS = (1 << RANGE_BITS) - 1, POOL_MAX_THREADS = 256 };

static inline int ticket_first(uint64_t ticket) { return (int)(ticket >> RANGE_BITS) & TICKET_TASKS; }
static inline int ticket_end(uint64_t ticket) { return (int)ticket & TICKET_TASKS; }
static inline int is_claimed(uint64_t ticket) { return ticket_first(ticket) == ticket_end(ticket); }

/* What different threads write lies on different cache lines (128 bytes on some arm64). */
#define OWN_CACHE_LINE _Alignas(128)

struct pool {
  OWN_CACHE_LINE _Atomic uint64_t ticket;
  OWN_CACHE_LINE _Atomic(task_fn *) run;
  _Atomic(const void *) context;
  OWN_CACHE_LINE atomic_int done; /* tasks of the open region that workers have finished */
  OWN_CACHE_LINE atomic_int sleepers; /* workers that nobody has woken yet */
  atomic_int stop;
  atomic_int started; /* workers that have begun */
  pthread_mutex_t lock;
  pthread_cond_t wake;
  int workers; /* the caller is none of them */
  pthread_t ids[POOL_MAX_THREADS];
};

/* Workers spin this long for the next region, then offer their core to others while they wait, then sleep. */
#define POOL_SPIN_NS 50000
#define POOL_AWAKE_NS 500000
#define POOL_SPINS_PER_LOOK 64

static inline void pool_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

static inline int64_t pool_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Runs tasks of the open region, from its front or its back, until none is left to claim. Returns how many it ran. */
static int pool_help(struct pool *pool, int from_back) {
  int ran = 0;
  uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
  while (!is_claimed(ticket)) {
    task_fn *run = atomic_load_explicit(&pool->run, memory_order_relaxed);
    const void *context = atomic_load_explicit(&pool->context, memory_order_relaxed);
    const uint64_t claimed = from_back ? ticket - 1 : ticket + (1u << RANGE_BITS);
    const int task = from_back ? ticket_end(claimed) : ticket_first(ticket);
    /* Release keeps the loads above before the swap; on failure, `ticket` becomes the current one. */
    if (!atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, claimed, memory_order_acq_rel,
                                               memory_order_acquire))
      continue;
    run(context, task);
    ran++;
    ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
  }
  return ran;
}

/* Waits, first busily, until the ticket is no longer `seen`. Returns 0 when the time has come to sleep. */
static int pool_await(struct pool *pool, uint64_t seen) {
  const int64_t begin = pool_now();
  for (int64_t waited = 0; waited < POOL_AWAKE_NS; waited = pool_now() - begin) {
    for (int i = 0; i < POOL_SPINS_PER_LOOK; i++) {
      if (atomic_load_explicit(&pool->ticket, memory_order_acquire) != seen) return 1;
      pool_relax();
    }
    if (waited > POOL_SPIN_NS) sched_yield();
  }
  return 0;
}

static void *pool_worker(void *argument) {
  struct pool *pool = argument;
  const int from_back = atomic_fetch_add(&pool->started, 1) % 2 == 0;
  while (!atomic_load_explicit(&pool->stop, memory_order_acquire)) {
    const int ran = pool_help(pool, from_back);
    if (ran > 0) atomic_fetch_add_explicit(&pool->done, ran, memory_order_release);
    const uint64_t seen = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    if (!is_claimed(seen) || pool_await(pool, seen)) continue;
    pthread_mutex_lock(&pool->lock);
    /* Counted before the ticket is read again, as the caller changes the ticket before it reads the count: one of the two
     * sees the other, so that no wake-up is missed. */
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->ticket) == seen && !atomic_load(&pool->stop)) pthread_cond_wait(&pool->wake, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
  }
  return 0;
}

static void pool_wake(struct pool *pool) {
  pthread_mutex_lock(&pool->lock);
  /* Not left to the sleepers: until they run, which may take long on a busy machine, each region would wake them again. */
  atomic_store(&pool->sleepers, 0);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->lock);
}

/*
 * Runs `run(context, task)` for every task from 0 to `tasks` - 1, in any order and on any threads of the pool, and returns
 * when all are done. Without a pool, in order on this thread. Not to be called from a task.
 */
static void run_tasks(struct pool *pool, task_fn *run, const void *context, int tasks) {
  if (pool == 0 || pool->workers == 0 || tasks <= 1 || tasks > TICKET_TASKS) {
    for (int task = 0; task < tasks; task++) run(context, task);
    return;
  }
  atomic_store_explicit(&pool->run, run, memory_order_relaxed);
  atomic_store_explicit(&pool->context, context, memory_order_relaxed);
  atomic_store_explicit(&pool->done, 0, memory_order_relaxed);
  const uint64_t epoch = (atomic_load_explicit(&pool->ticket, memory_order_relaxed) >> 2 * RANGE_BITS) + 1;
  atomic_store(&pool->ticket, epoch << 2 * RANGE_BITS | (uint64_t)tasks);
  if (atomic_load(&pool->sleepers) > 0) pool_wake(pool);

  const int left = tasks - pool_help(pool, 0);
  int64_t begin = 0;
  for (int i = 1; atomic_load_explicit(&pool->done, memory_order_acquire) != left; i++) {
    pool_relax();
    if (i % POOL_SPINS_PER_LOOK != 0) continue;
    if (begin == 0) begin = pool_now();
    else if (pool_now() - begin > POOL_SPIN_NS) sched_yield(); /* a worker lost its core in the middle of a task */
  }
}

/* Ends and joins the workers and frees the pool. No region may be open. */
static void pool_free(struct pool *pool) {
  atomic_store(&pool->stop, 1);
  pool_wake(pool);
  for (int i = 0; i < pool->workers; i++) pthread_join(pool->ids[i], 0);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->lock);
  free(pool);
}

/* A pool of `threads` threads, the caller among them; fewer where the system refuses to start more. 0 without memory. */
static struct pool *pool_new(int threads) {
  void *memory = 0;
  if (posix_memalign(&memory, _Alignof(struct pool), sizeof(struct pool)) != 0) return 0;
  memset(memory, 0, sizeof(struct pool));
  struct pool *pool = memory;
  pthread_mutex_init(&pool->lock, 0);
  pthread_cond_init(&pool->wake, 0);
  if (threads > POOL_MAX_THREADS) threads = POOL_MAX_THREADS;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 4 << 20); /* some C libraries give 128 KiB, too little for packed blocks */
  /* Signals are for the threads that expect them. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool->workers < threads - 1 &&
         pthread_create(&pool->ids[pool->workers], &attributes, pool_worker, pool) == 0)
    pool->workers++;
  pthread_sigmask(SIG_SETMASK, &before, 0);
  pthread_attr_destroy(&attributes);
  return pool;
}
