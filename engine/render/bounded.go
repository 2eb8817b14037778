package render

import (
	"container/list"
	"sync"
)

// bounded holds values of a number of bytes in all; those that were not asked for longest go first. It is
// given whole values only, so that what fails or panics on the way leaves nothing behind.
type bounded[K comparable, V any] struct {
	mutex   sync.Mutex
	limit   int
	bytes   int
	entries map[K]*list.Element
	// order has the last one that was asked for in front.
	order *list.List
}

type boundedValue[K comparable, V any] struct {
	key   K
	value V
	bytes int
}

func newBounded[K comparable, V any](limit int) *bounded[K, V] {
	return &bounded[K, V]{limit: limit, entries: map[K]*list.Element{}, order: list.New()}
}

func (b *bounded[K, V]) get(key K) (V, bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	element, ok := b.entries[key]
	if !ok {
		var none V
		return none, false
	}
	b.order.MoveToFront(element)
	return element.Value.(*boundedValue[K, V]).value, true
}

// put takes the place of an older value of the key. What is larger than all may be is not kept.
func (b *bounded[K, V]) put(key K, value V, bytes int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if element, ok := b.entries[key]; ok {
		b.drop(element)
	}
	if bytes > b.limit {
		return
	}
	b.entries[key] = b.order.PushFront(&boundedValue[K, V]{key, value, bytes})
	for b.bytes += bytes; b.bytes > b.limit; {
		b.drop(b.order.Back())
	}
}

func (b *bounded[K, V]) drop(element *list.Element) {
	dropped := b.order.Remove(element).(*boundedValue[K, V])
	delete(b.entries, dropped.key)
	b.bytes -= dropped.bytes
}

func (b *bounded[K, V]) clear() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	clear(b.entries)
	b.order.Init()
	b.bytes = 0
}
