import Fleet
import Planning

extension Step {
    /// For people and logs.
    package var words: String {
        switch self {
        case .rotate(let ring, _): ring.next == nil ? "put a new token in use" : "announce a new token"
        case .launch(let launch, _): Action.launch(launch).words
        case .warm(let target, let count):
            "\(Action.warm(environments: count).words) of the \(target.rawValue) function"
        case .provision(let count): Action.provision(environments: count).words
        case .route(let target): "route requests to the \(target.rawValue) function"
        case .drain(let id): Action.drain(instance: id).words
        case .end(let ids): "end \(ids.joined(separator: ", "))"
        case .forget(let ids): "forget \(ids.joined(separator: ", "))"
        }
    }
}
