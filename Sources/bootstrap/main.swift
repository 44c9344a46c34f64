import Glibc
import LambdaRuntime
import Serving

Process.endOnSIGTERM()
// Not `exit`: it takes the engine's globals apart while the engine's thread may still be making them.
_exit(Bootstrap.run(Process.environment))
