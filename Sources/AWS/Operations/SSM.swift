import Wire

/// Systems Manager's parameters.
package enum SSM {
    package struct Parameter: Equatable, Sendable {
        package let value: String
        package let version: Int
    }

    /// A parameter's value, decrypted; AWS's own, such as the newest image's id, are read the same way.
    package static func getParameter(_ name: String) -> Call<Parameter> {
        Call(.ssm, "GetParameter", ["Name": .string(name), "WithDecryption": true]) {
            answer throws(MalformedAnswer) in
            let parameter = answer["Parameter"]
            return Parameter(
                value: try parameter["Value"].string(),
                version: try parameter["Version"].integer()
            )
        }
    }
}
