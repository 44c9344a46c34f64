import CPlatform

/// The system's monotonic clock, for the shells: whatever decides takes `now` as a parameter.
package enum MonotonicClock {
    @inline(__always)
    package static func now() -> Duration { .nanoseconds(cplatform_monotonic()) }
}
