using System.Runtime.InteropServices;

namespace BitcoinSock.Unit;

/// <summary>
/// Windows' calls as Wine makes them. What it lacks a real Windows has, and runs the test.
/// </summary>
public static class Wine
{
    public static bool IsHere { get; } =
        OperatingSystem.IsWindows()
        && NativeLibrary.TryGetExport(NativeLibrary.Load("ntdll"), "wine_get_version", out _);
}
