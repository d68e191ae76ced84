using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace BitcoinSock.Unit;

/// <summary>The tests; or a process of their own that one of them has started.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) =>
        args is [Fresh.Argument, string type, string method] ? Fresh.Play(type, method)
        : args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(
                args,
                SelfRegisteredExtensions.AddSelfRegisteredExtensions
            )
        : await ConsoleRunner.Run(args);
}
