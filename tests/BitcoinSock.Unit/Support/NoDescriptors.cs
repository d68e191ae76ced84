using System.Runtime.InteropServices;

namespace BitcoinSock.Unit;

/// <summary>
/// A process without a descriptor left, on Linux. Nothing is used for it that would have the
/// runtime load what a test wants to see loaded.
/// </summary>
internal sealed unsafe partial class NoDescriptors : IDisposable
{
    private const int RLIMIT_NOFILE = 7;
    private const int Most = 256;

    private readonly nuint[] _usual = new nuint[2]; // struct rlimit
    private readonly int[] _held = new int[Most];
    private readonly int _count;

    public NoDescriptors()
    {
        nuint* few = stackalloc nuint[2];
        fixed (nuint* usual = _usual)
        {
            _ = GetRLimit(RLIMIT_NOFILE, usual);
            few[0] = Most;
            few[1] = usual[1];
        }

        _ = SetRLimit(RLIMIT_NOFILE, few);
        for (int held = Dup(0); held >= 0; held = Dup(0))
        {
            _held[_count++] = held;
        }
    }

    public void Dispose()
    {
        fixed (nuint* usual = _usual)
        {
            _ = SetRLimit(RLIMIT_NOFILE, usual);
        }

        for (int i = 0; i < _count; i++)
        {
            _ = Close(_held[i]);
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetRLimit(int resource, nuint* limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetRLimit(int resource, nuint* limit);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Dup(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
