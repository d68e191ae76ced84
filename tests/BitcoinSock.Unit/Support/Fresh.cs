using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// A process in which nothing of the library has happened yet: this program, started again. What
/// happens once in a process, or would hang it, is tried there.
/// </summary>
internal static class Fresh
{
    public const string Argument = "--fresh";

    private const string Played = "played";

    /// <summary>Plays a static method there; it must return, and throw nothing.</summary>
    /// <param name="scenario">The method.</param>
    /// <param name="heapMiB">How much memory there is for objects; 0 for as much as usual.</param>
    public static void Process(Action scenario, int heapMiB = 0)
    {
        MethodInfo method = scenario.Method;
        string program = Path.ChangeExtension(
            typeof(Fresh).Assembly.Location,
            OperatingSystem.IsWindows() ? ".exe" : null
        );
        var start = new ProcessStartInfo(
            program,
            [Argument, method.DeclaringType!.Name, method.Name]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (heapMiB > 0)
        {
            start.Environment["DOTNET_GCHeapHardLimit"] = $"{(long)heapMiB << 20:X}";
        }

        using Process process = System.Diagnostics.Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string?> said = process.StandardOutput.ReadLineAsync();
        bool hasPlayed = said.Wait(Within.Long) && said.Result == Played;
        // The base library does not let a process end that has a listener which does not return.
        if (!process.WaitForExit(hasPlayed ? TimeSpan.FromSeconds(2) : TimeSpan.Zero))
        {
            process.Kill();
            Assert.True(hasPlayed, $"{method.Name} hangs");
        }

        Assert.True(hasPlayed, errors.Result);
    }

    /// <summary>What the process does.</summary>
    // Not in Main, which the runner's assemblies are loaded for.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Play(string type, string method)
    {
        typeof(Fresh)
            .Assembly.GetType($"{nameof(BitcoinSock)}.{nameof(Unit)}.{type}")!
            .GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .CreateDelegate<Action>()();
        Console.WriteLine(Played);
        return 0;
    }
}
