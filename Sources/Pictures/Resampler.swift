/// Makes a part of a resized picture.
///
/// Each new row is first added up from old ones, the whole width at once, and then shortened: the long loop is the one that vectors
/// speed up, and a row of room is enough.
struct Resampler {
    let rows: AxisWeights
    let columns: AxisWeights

    /// `[rows × columns × channels]`, values from 0 to 255.
    func resample(_ picture: Picture) -> [Float] {
        let span = columns.span
        let channels = picture.channels
        let (height, width) = (rows.starts.count, columns.starts.count)
        var row = [Float](repeating: 0, count: span.count * channels)
        var resampled = [Float](repeating: 0, count: height * width * channels)
        picture.samples.withUnsafeBufferPointer { samples in
            row.withUnsafeMutableBufferPointer { row in
                resampled.withUnsafeMutableBufferPointer { resampled in
                    for y in 0..<height {
                        addRows(
                            y,
                            of: samples,
                            stride: picture.width * channels,
                            from: span.lowerBound * channels,
                            to: row
                        )
                        let target = UnsafeMutableBufferPointer(
                            rebasing: resampled[(y * width * channels)...]
                        )
                        if channels == 1 {
                            shortenGrey(row, span.lowerBound, to: target)
                        } else {
                            shortenColour(row, span.lowerBound, to: target)
                        }
                    }
                }
            }
        }
        return resampled
    }

    /// The weighted sum of old rows.
    @inline(__always)
    private func addRows(
        _ y: Int,
        of samples: UnsafeBufferPointer<UInt8>,
        stride: Int,
        from offset: Int,
        to sum: UnsafeMutableBufferPointer<Float>
    ) {
        sum.update(repeating: 0)
        for tap in 0..<rows.counts[y] {
            let weight = rows.weights[y * rows.taps + tap]
            if weight == 0 { continue }
            let start = (rows.starts[y] + tap) * stride + offset
            let source = UnsafeBufferPointer(rebasing: samples[start..<(start + sum.count)])
            for index in 0..<sum.count { sum[index] += weight * Float(source[index]) }
        }
    }

    private func shortenGrey(
        _ row: UnsafeMutableBufferPointer<Float>,
        _ first: Int,
        to target: UnsafeMutableBufferPointer<Float>
    ) {
        columns.weights.withUnsafeBufferPointer { weights in
            for x in 0..<columns.starts.count {
                let (start, offset) = (columns.starts[x] - first, x * columns.taps)
                var sum: Float = 0
                for tap in 0..<columns.counts[x] { sum += weights[offset + tap] * row[start + tap] }
                target[x] = sum
            }
        }
    }

    private func shortenColour(
        _ row: UnsafeMutableBufferPointer<Float>,
        _ first: Int,
        to target: UnsafeMutableBufferPointer<Float>
    ) {
        columns.weights.withUnsafeBufferPointer { weights in
            for x in 0..<columns.starts.count {
                let (start, offset) = (columns.starts[x] - first, x * columns.taps)
                var (red, green, blue) = (Float(0), Float(0), Float(0))
                for tap in 0..<columns.counts[x] {
                    let (weight, place) = (weights[offset + tap], 3 * (start + tap))
                    red += weight * row[place]
                    green += weight * row[place + 1]
                    blue += weight * row[place + 2]
                }
                (target[3 * x], target[3 * x + 1], target[3 * x + 2]) = (red, green, blue)
            }
        }
    }
}
