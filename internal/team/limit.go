package team

import (
	"sync"
	"time"

	"kept/internal/fault"
)

// A Limiter lets each key do something Burst times at once and then once per Every. It holds at most a bounded number of keys: when
// an attacker brings more names than that, the new ones share one bucket, and the known ones keep theirs.
type Limiter struct {
	burst float64
	every time.Duration
	most  int

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// overflow is the bucket of every key that finds no room.
const overflow = "\x00overflow"

// NewLimiter makes a limiter of burst, then one per every, over at most most keys.
func NewLimiter(burst int, every time.Duration, most int) *Limiter {
	return &Limiter{burst: float64(burst), every: every, most: most, buckets: map[string]bucket{}}
}

// Take uses one of key's turns and returns zero, or returns how long to wait for the next one.
func (l *Limiter) Take(key string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key = l.place(key, now)
	b := l.filled(key, now)
	if b.left < 1 {
		l.buckets[key] = b
		return time.Duration((1 - b.left) * float64(l.every))
	}
	b.left--
	l.buckets[key] = b
	return 0
}

// Peek returns how long key would have to wait, without using a turn.
func (l *Limiter) Peek(key string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.filled(key, now); b.left < 1 {
		return time.Duration((1 - b.left) * float64(l.every))
	}
	return 0
}

// Forget gives key all its turns back.
func (l *Limiter) Forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.buckets, key)
}

func (l *Limiter) filled(key string, now time.Time) bucket {
	b, known := l.buckets[key]
	if !known {
		return bucket{left: l.burst, at: now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(l.burst, b.left+float64(passed)/float64(l.every))
		b.at = now
	}
	return b
}

// place makes room for a new key by dropping the ones that are full again.
func (l *Limiter) place(key string, now time.Time) string {
	if _, known := l.buckets[key]; known || len(l.buckets) < l.most {
		return key
	}
	for k := range l.buckets {
		if l.filled(k, now).left >= l.burst {
			delete(l.buckets, k)
		}
	}
	if len(l.buckets) < l.most {
		return key
	}
	return overflow
}

// TooMany is the fault of running into a limit; it says when to come back, in whole seconds.
func TooMany(what string, wait time.Duration) error {
	seconds := int((wait + time.Second - 1) / time.Second)
	if seconds <= 90 {
		return fault.New(fault.TooMany, "%s. Try again in %d seconds.", what, max(1, seconds)).Data(RetryAfter(seconds))
	}
	return fault.New(fault.TooMany, "%s. Try again in %d minutes.", what, (seconds+59)/60).Data(RetryAfter(seconds))
}

// RetryAfter rides on a fault of kind TooMany: after so many seconds it is worth trying again.
type RetryAfter int
