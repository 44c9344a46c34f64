import DequeModule

/// What the scheduler expects of the texts that it has.
extension GenerationScheduler {
    /// How long a request that came now would wait for its place.
    package func queueDelay(now: Duration) -> Duration {
        guard placesTaken >= policy.slots || waitingCount > 0 else { return .zero }
        let done = completions(with: nil, now: now)
        // It would get the place of the text that leaves after all but `slots - 1` others.
        let place = done.count - policy.slots
        return done.indices.contains(place) ? max(.zero, done[place].at - now) : .zero
    }

    /// Observed over predicted times of steps, smoothed.
    package var bias: Double { stepTracker.bias }
    /// What the profile of steps is multiplied with.
    package var inflation: Double { stepTracker.inflation }

    /// When each text would be complete if one more were admitted, or none.
    func completions(with request: GenerationRequest?, now: Duration) -> [(id: UInt64, at: Duration)] {
        let made = rows.filter { $0.lane == 0 && !$0.isOver }.map { text in
            GenerationForecast.Text(
                prompt: 0,
                tokens: max(1, expectedTokens(text.request) - text.made),
                rows: lanes(of: text.request),
                id: text.request.id
            )
        }
        var queue: [GenerationForecast.Text] = []
        if let text = prompting, text.read < text.request.prompt {
            let tokens = expectedTokens(text.request)
            queue.append(text.request.expected(prompt: text.request.prompt - text.read, tokens: tokens))
        }
        for request in waiting {
            queue.append(request.expected(prompt: request.prompt, tokens: expectedTokens(request)))
        }
        if let request {
            queue.append(request.expected(prompt: request.prompt, tokens: request.tokensMax))
        }
        var forecast = GenerationForecast(
            slots: policy.slots,
            chunk: policy.chunk ?? .max,
            hasPrompted: hasPrompted,
            step: stepTime,
            prompt: { promptTime($0) }
        )
        return forecast.completions(made: made, waiting: queue, now: now)
    }

    /// Rows that a text has now.
    private func lanes(of request: GenerationRequest) -> Int {
        guard request.rows > 1 else { return 1 }
        return rows.count { $0.request.id == request.id && !$0.isOver }
    }

    /// When each text must be complete, one more with them.
    func deadlines(with request: GenerationRequest) -> [UInt64: Duration] {
        var deadlines = [request.id: request.deadline]
        for text in rows { deadlines[text.request.id] = text.request.deadline }
        if let prompting { deadlines[prompting.request.id] = prompting.request.deadline }
        for other in waiting { deadlines[other.id] = other.deadline }
        return deadlines
    }

    /// Tokens that a text is expected to have, from what others turned out to have.
    private func expectedTokens(_ request: GenerationRequest) -> Int {
        max(1, Int((Double(request.tokensMax) * lengthShare).rounded(.up)))
    }

    /// As it is believed now: the profile, corrected by what was observed.
    func stepTime(_ texts: Int) -> Duration {
        Duration(inSeconds: policy.step[texts].inSeconds * stepTracker.inflation * stepTracker.bias)
    }

    /// Of a prompt of so many tokens, in pieces.
    func promptTime(_ tokens: Int) -> Duration {
        let chunk = policy.chunk ?? tokens
        let (whole, rest) = tokens.quotientAndRemainder(dividingBy: chunk)
        let time = policy.prompt[chunk] * Double(whole) + (rest > 0 ? policy.prompt[rest] : .zero)
        return Duration(inSeconds: time.inSeconds * promptTracker.inflation * promptTracker.bias)
    }
}

extension GenerationRequest {
    /// It as the forecast sees it.
    fileprivate func expected(prompt: Int, tokens: Int) -> GenerationForecast.Text {
        GenerationForecast.Text(prompt: prompt, tokens: tokens, rows: rows, id: id)
    }
}
