import Serving
import Testing

/// A look sees the models' folders as numbers that change with their files.
@Suite struct `A repository that is watched` {
    private static func folders(_ states: [String: Int]) -> [String: FolderStamp] {
        states.mapValues { state in
            FolderStamp(files: ["1/model.onnx": .init(size: state, modified: Int64(state), place: 1)])
        }
    }

    @Test(arguments: [
        // Each digit is what one look sees of the folder; - is none. L: it is loaded; R: it is removed.
        ("1111", "..."),
        ("1222", ".L."),  // stable since the look before
        ("12345555", "....L.."),  // being copied
        ("1211", "..."),  // back as it was
        ("-111", ".L."),
        ("1---", ".R."),
        ("1-11", "..."),  // gone for a moment, as when a folder is replaced
        ("12-22", "...L"),
        ("1222333", ".L..L."),
    ])
    func `takes a change once two looks saw the same`(looks: String, actions: String) {
        let states = looks.map { $0.wholeNumberValue.map { Self.folders(["m": $0]) } ?? [:] }
        var watch = RepositoryWatch(states[0])
        let seen = states.dropFirst().map { state -> Character in
            switch watch.look(state) {
            case []: "."
            case [.load("m")]: "L"
            case [.remove("m")]: "R"
            default: "?"
            }
        }
        #expect(String(seen) == actions)
    }

    @Test func `waits for no other model's files`() {
        var watch = RepositoryWatch(Self.folders(["a": 1, "b": 1, "c": 1]))
        #expect(watch.look(Self.folders(["a": 2, "b": 2, "c": 1])) == [])
        #expect(watch.look(Self.folders(["a": 2, "b": 3, "c": 1])) == [.load("a")])
        #expect(watch.look(Self.folders(["a": 2, "b": 3, "c": 1])) == [.load("b")])
    }
}
