import Glibc
import LambdaRuntime
import Serving

Process.endOnSIGTERM()
exit(Bootstrap.run(Process.environment))
