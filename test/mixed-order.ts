// The order of the test files: those that fill a core with a browser stand among those that mostly wait, so that few of them meet.
import { BaseSequencer, type TestSpecification } from "vitest/node";

const fillsCore = ({ moduleId }: TestSpecification): boolean => moduleId.includes("/test/admin/browser/");

/** A browser's file takes about as long as four others of those with processes. */
const between = 4;

export class MixedOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const browsers = sorted.filter(fillsCore);
    const others = sorted.filter((file) => !fillsCore(file));
    return others
      .flatMap((file, index) => {
        const browser = index % between === 0 ? browsers.shift() : undefined;
        return browser === undefined ? [file] : [browser, file];
      })
      .concat(browsers);
  }
}
