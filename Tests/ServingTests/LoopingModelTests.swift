import Serving
import TestKit
import Testing
import Wire

@Suite struct `A model with a loop of its own` {
    @Test func `is a model like any other, batches included`() throws {
        let repository = try Fixtures.repository()
        let service = InferenceService { () throws(ServingError) in repository }
        let body: JSON = [
            "inputs": [["name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, -3, 0.5]]]
        ]
        let response = service.respond(
            to: HTTPRequest(method: "POST", path: "/v2/models/looping/infer", body: body.encoded()[...])
        )
        // Five turns, each doubling.
        #expect(try JSON(parsing: response.body)["outputs"]?[0]?["data"] == [32.0, 64.0, -96.0, 16.0])
        #expect(try repository.model("looping", version: nil).session().isBatchable)
    }
}
