import LocalCloud
import Testing
import Wire

@Suite struct `DynamoDB` {
    private static let key: JSON = ["pk": ["S": "fleet"], "sk": ["S": "i-1"]]
    private var service = DynamoDBService()

    init() {
        var table = Table(
            name: "mark",
            created: ServicesWorld.noon,
            partition: .init(name: "pk", type: "S"),
            sort: .init(name: "sk", type: "S")
        )
        table.timeToLive = "ttl"
        service.add(table)
    }

    @discardableResult
    private mutating func ask(_ operation: String, _ members: JSON, now: WallClock = ServicesWorld.noon)
        throws -> JSON
    {
        try service.answer(
            operation,
            .object([.init("TableName", "mark")] + (members.objectValue ?? [])),
            now: now
        )
    }

    private mutating func code(_ operation: String, _ members: JSON) -> String {
        do {
            return "\(try ask(operation, members))"
        } catch {
            return (error as? ServiceFailure).map { "\($0.code): \($0.message)" } ?? "\(error)"
        }
    }

    private mutating func put(_ sort: String, _ attributes: JSON = [:]) throws {
        let item: [JSON.Member] = [.init("pk", ["S": "fleet"]), .init("sk", ["S": .string(sort)])]
        try ask("PutItem", ["Item": .object(item + (attributes.objectValue ?? []))])
    }

    @Test mutating func `an item comes back as it was put, of every type`() throws {
        let all: JSON = [
            "B": ["B": "AAE="], "BS": ["BS": ["AA==", "AQ=="]], "L": ["L": [["N": "1"], ["S": "x"]]],
            "M": ["M": ["a": ["BOOL": false], "b": ["NULL": true]]], "N": ["N": "-1.5"],
            "NS": ["NS": ["1", "2"]],
            "S": ["S": "text"], "SS": ["SS": ["a", "b"]],
        ]
        try put("i-1", all)
        let item = try ask("GetItem", ["Key": Self.key])["Item"]
        #expect(item == .object((all.objectValue ?? []) + (Self.key.objectValue ?? [])))
        #expect(try ask("GetItem", ["Key": ["pk": ["S": "a"], "sk": ["S": "b"]]]) == [:])
    }

    @Test(arguments: [
        ("attribute_exists(pk)", true), ("attribute_not_exists(pk)", false),
        ("attribute_exists(#m.a[1])", true),
        ("attribute_not_exists(#m.a[2])", true), ("n = :five", true), ("n <> :five", false),
        ("n < :five", false), ("n <= :five", true),
        ("n > :four AND n < :six", true), ("n BETWEEN :four AND :five", true), ("n IN (:four, :five)", true),
        ("NOT n = :four", true), ("n = :four OR n = :five AND s = :text", true),
        ("(n = :four OR n = :five) AND s = :five", false),
        ("begins_with(s, :te)", true), ("begins_with(n, :te)", false), ("contains(s, :te)", true),
        ("size(s) = :four", true),
        ("attribute_type(n, :N)", true), ("missing = :five", false), ("missing <> :five", true),
        ("s > :five", false),
        ("n = :five and not attribute_exists(missing)", true),
    ])
    mutating func `a condition holds or does not`(condition: String, holds: Bool) throws {
        try put(
            "i-1",
            ["n": ["N": "5"], "s": ["S": "text"], "map": ["M": ["a": ["L": [["N": "1"], ["N": "2"]]]]]]
        )
        let values: [JSON.Member] = [
            .init(":four", ["N": "4"]), .init(":five", ["N": "5.0"]), .init(":six", ["N": "6"]),
            .init(":text", ["S": "text"]),
            .init(":te", ["S": "te"]), .init(":N", ["S": "N"]),
        ].filter { value in condition.split { !$0.isLetter && $0 != ":" }.contains(value.key[...]) }
        var request: [JSON.Member] = [
            .init("Key", Self.key), .init("ConditionExpression", .string(condition)),
        ]
        if condition.contains("#m") { request.append(.init("ExpressionAttributeNames", ["#m": "map"])) }
        if !values.isEmpty { request.append(.init("ExpressionAttributeValues", .object(values))) }
        let result = code("DeleteItem", .object(request))
        #expect(
            holds ? result == "object([])" : result.hasPrefix("ConditionalCheckFailedException"),
            "\(result)"
        )
    }

    @Test mutating func `an update sets, removes, adds and appends, all from what was before`() throws {
        try put(
            "i-1",
            ["n": ["N": "5"], "gone": ["S": "x"], "list": ["L": [["N": "1"]]], "set": ["SS": ["a"]]]
        )
        let answer = try ask(
            "UpdateItem",
            [
                "Key": Self.key, "ReturnValues": "ALL_NEW",
                "UpdateExpression":
                    "SET n = n + :one, m = n - :one, #l = list_append(#l, :more), d = if_not_exists(d, :one) REMOVE gone ADD c :one, #s :b",
                "ExpressionAttributeNames": ["#l": "list", "#s": "set"],
                "ExpressionAttributeValues": [
                    ":one": ["N": "1"], ":more": ["L": [["N": "2"]]], ":b": ["SS": ["b"]],
                ],
            ]
        )
        #expect(
            answer["Attributes"] == [
                "c": ["N": "1"], "d": ["N": "1"], "list": ["L": [["N": "1"], ["N": "2"]]], "m": ["N": "4"],
                "n": ["N": "6"],
                "pk": ["S": "fleet"], "set": ["SS": ["a", "b"]], "sk": ["S": "i-1"],
            ]
        )
    }

    @Test mutating func `an update makes an item that is not there, unless its condition wants one`() throws {
        let update: [JSON.Member] = [
            .init("Key", Self.key), .init("UpdateExpression", "SET drain = :d"),
            .init("ExpressionAttributeValues", [":d": ["BOOL": true]]),
        ]
        let refused = code(
            "UpdateItem",
            .object(update + [.init("ConditionExpression", "attribute_exists(pk)")])
        )
        #expect(refused.hasPrefix("ConditionalCheckFailedException"))
        #expect(try ask("GetItem", ["Key": Self.key]) == [:])
        try ask("UpdateItem", .object(update))
        #expect(try ask("GetItem", ["Key": Self.key])["Item"]?["drain"] == ["BOOL": true])
    }

    @Test(
        arguments: [
            (["Key": key, "UpdateExpression": "SET a = :x"], "not defined; attribute value: :x"),
            (
                [
                    "Key": key, "UpdateExpression": "SET pk = :x",
                    "ExpressionAttributeValues": [":x": ["S": "x"]],
                ], "part of the key"
            ),
            (["Key": key, "UpdateExpression": "SET a = b"], "does not exist in the item"),
            (
                [
                    "Key": key, "UpdateExpression": "SET a :x",
                    "ExpressionAttributeValues": [":x": ["S": "x"]],
                ], "Syntax error; token: \":x\""
            ),
            (["Key": key, "UpdateExpression": "REMOVE a, a"], "overlap"),
            (["Key": key, "UpdateExpression": "REMOVE a REMOVE b"], "once"),
            (
                ["Key": key, "UpdateExpression": "REMOVE a", "ExpressionAttributeNames": ["#a": "a"]],
                "unused in expressions: keys: {#a}"
            ),
            (["Key": ["pk": ["S": "fleet"]]], "does not match the schema"),
            (["Key": ["pk": ["N": "1"], "sk": ["S": "x"]]], "Type mismatch"),
            (["Key": ["pk": ["S": ""], "sk": ["S": "x"]]], "empty string"),
            (["Key": ["pk": ["X": "1"], "sk": ["S": "x"]]], "datatypes"),
        ] as [(JSON, String)]
    )
    mutating func `a wrong request says what is wrong`(request: JSON, part: String) {
        let result = code("UpdateItem", request)
        #expect(result.contains(part), "\(result)")
    }

    @Test mutating func `a query pages through a partition in the order of the sort key`() throws {
        for number in [3, 1, 2, 5, 4] {
            try put("i-\(number)", ["even": ["BOOL": .bool(number.isMultiple(of: 2))]])
        }
        try ask("PutItem", ["Item": ["pk": ["S": "other"], "sk": ["S": "i-0"]]])
        var (found, start, pages) = ([String](), JSON.null, 0)
        repeat {
            var request: [JSON.Member] = [
                .init("KeyConditionExpression", "pk = :p AND sk > :s"), .init("Limit", 2),
                .init("ExpressionAttributeValues", [":p": ["S": "fleet"], ":s": ["S": "i-1"]]),
            ]
            if start != .null { request.append(.init("ExclusiveStartKey", start)) }
            let page = try ask("Query", .object(request))
            found += page["Items"]?.arrayValue?.compactMap { $0["sk"]?["S"]?.stringValue } ?? []
            start = page["LastEvaluatedKey"] ?? .null
            pages += 1
        } while start != .null && pages < 10
        #expect(found == ["i-2", "i-3", "i-4", "i-5"])
        let filtered = try ask(
            "Scan",
            [
                "FilterExpression": "even = :t", "ExpressionAttributeValues": [":t": ["BOOL": true]],
                "ProjectionExpression": "sk",
            ]
        )
        #expect(filtered["Items"] == [["sk": ["S": "i-2"]], ["sk": ["S": "i-4"]]])
        #expect(filtered["ScannedCount"] == 6)
        #expect(
            code(
                "Query",
                ["KeyConditionExpression": "sk = :s", "ExpressionAttributeValues": [":s": ["S": "x"]]]
            ).contains("pk")
        )
    }

    @Test mutating func `an item whose time is over is gone, and one that is too large never comes`() throws {
        try put("i-1", ["ttl": ["N": .string(String(ServicesWorld.noon.milliseconds / 1000 + 60))]])
        #expect(try ask("GetItem", ["Key": Self.key], now: ServicesWorld.noon + .seconds(59)) != [:])
        #expect(try ask("GetItem", ["Key": Self.key], now: ServicesWorld.noon + .seconds(61)) == [:])
        let text = JSON.string(String(repeating: "x", count: 400 * 1024))
        #expect(
            code("PutItem", ["Item": ["pk": ["S": "a"], "sk": ["S": "b"], "t": ["S": text]]]).contains(
                "Item size"
            )
        )
    }

    @Test mutating func `a failed condition shows the item when asked to`() throws {
        try put("i-1", ["n": ["N": "1"]])
        do {
            try ask(
                "PutItem",
                [
                    "Item": Self.key, "ConditionExpression": "attribute_not_exists(pk)",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                ]
            )
            Issue.record("the condition held")
        } catch let failure as ServiceFailure {
            #expect(failure.details.first?.value["n"] == ["N": "1"])
        }
    }
}
