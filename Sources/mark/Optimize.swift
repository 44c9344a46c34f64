import ArgumentParser

struct Optimize: AsyncParsableCommand { func run() async throws {} }
