namespace BitcoinSock.Model

open System
open System.Runtime.InteropServices

/// Windows' calls as Wine makes them.
[<RequireQualifiedAccess>]
module internal Wine =

    /// Whether they are the calls of this process.
    let isHere =
        OperatingSystem.IsWindows()
        && fst (NativeLibrary.TryGetExport(NativeLibrary.Load "ntdll", "wine_get_version"))

    /// How late an interrupt may be told: each call asks Wine's server, which is another process.
    let interruptBound = TimeSpan.FromMilliseconds(if isHere then 5.0 else 1.0)

    /// Wine 8 tells a reset as the end of the stream.
    let reset = if isHere then Capabilities.None else Capabilities.Reset
