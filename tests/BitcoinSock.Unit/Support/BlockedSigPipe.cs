using System.Runtime.InteropServices;

namespace BitcoinSock.Unit;

/// <summary>SIGPIPE, kept from this thread until it is disposed. Of Linux.</summary>
internal sealed partial class BlockedSigPipe : IDisposable
{
    private const int SIGPIPE = 13;
    private const int SIG_SETMASK = 2;

    private readonly SigSet _blocked = new() { First = 1UL << (SIGPIPE - 1) };
    private readonly SigSet _before;

    public BlockedSigPipe() => SetMask(SIG_SETMASK, _blocked, out _before);

    public bool IsRaisedBy(Action deed)
    {
        deed();
        return TakePending(_blocked, 0, new TimeSpec()) == SIGPIPE;
    }

    public void Dispose() => SetMask(SIG_SETMASK, _before, out _);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SetMask(int how, in SigSet set, out SigSet before);

    [LibraryImport("libc", EntryPoint = "sigtimedwait")]
    private static partial int TakePending(in SigSet set, nint info, in TimeSpec timeout);

    // sigset_t: 1024 bits.
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct SigSet
    {
        public ulong First;
    }

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
