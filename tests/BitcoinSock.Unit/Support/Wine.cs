using System.Runtime.InteropServices;

namespace BitcoinSock.Unit;

/// <summary>
/// Windows' calls as Wine makes them. What it lacks a real Windows has, and runs the test.
/// </summary>
public static class Wine
{
    /// <summary>Why tests that start this program again are skipped.</summary>
    public const string Hangs = "on Wine 8 a program that starts another hangs";

    public static bool IsHere { get; } =
        OperatingSystem.IsWindows()
        && NativeLibrary.TryGetExport(NativeLibrary.Load("ntdll"), "wine_get_version", out _);
}
