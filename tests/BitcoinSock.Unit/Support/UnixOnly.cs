using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// A thread that may make no sockets but unix ones, as the threads of a service with
/// RestrictAddressFamilies=AF_UNIX: by a filter of system calls, which ends with the thread.
/// </summary>
internal static partial class UnixOnly
{
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const int PR_SET_SECCOMP = 22;
    private const int SECCOMP_MODE_FILTER = 2;
    private const uint Allow = 0x7fff0000;
    private const uint FailAsNoFamily = 0x00050000 | 97; // EAFNOSUPPORT
    private const ushort Load = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint Call = 0; // in struct seccomp_data
    private const uint Family = 16;

    private static uint Socket =>
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 198u : 41;

    public static T Run<T>(Func<T> job) =>
        Background
            .Run(() =>
            {
                Restrict();
                return job();
            })
            .Join();

    private static unsafe void Restrict()
    {
        Instruction[] program =
        [
            new(Load, 0, 0, Call),
            new(JumpIfEqual, 0, 3, Socket),
            new(Load, 0, 0, Family),
            new(JumpIfEqual, 1, 0, LibC.AF_UNIX),
            new(Return, 0, 0, FailAsNoFamily),
            new(Return, 0, 0, Allow),
        ];
        fixed (Instruction* first = program)
        {
            var whole = new Program { Length = (ushort)program.Length, First = (nint)first };
            Assert.Equal(0, PrCtl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
            Assert.Equal(0, PrCtl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (nint)(&whole), 0, 0));
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nint first, nint second, nint third, nint fourth);

    private record struct Instruction(ushort Code, byte IfSo, byte IfNot, uint Operand);

    private struct Program
    {
        public ushort Length;
        public nint First;
    }
}
