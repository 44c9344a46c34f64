/// What a handler makes of an invocation.
package enum Outcome {
    /// The result's bytes and their content type.
    case response([UInt8], contentType: StaticString = "application/json")
    case failure(FunctionError)
    /// A result that is sent while it is made. An error thrown after the first byte reaches the caller as a trailer.
    case stream(ResponsePrelude?, (inout ResponseStream) throws -> Void)
}
