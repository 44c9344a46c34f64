import ONNX
import Serving
import TestKit
import Threading

extension Fixtures {
    /// The models that tests have in common, or those of another folder.
    static func repository(_ folder: String = models) throws -> ModelRepository {
        try ModelRepository(folder: folder, options: SessionOptions(), runtime: engine.get())
    }

    /// Makes the texts of one of them.
    static func generator(_ name: String, slotsMax: Int? = nil) throws -> Generator {
        var settings = GenerationPlanner.Settings()
        settings.slotsMax = slotsMax
        return try GenerationPlanner(settings, now: { MonotonicClock.now() })
            .plan(repository().model(name, version: nil))
    }
}
