import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { clusterAttribute, stateAttribute } from '../workflows/contract.ts';

const { INDEXED_VALUE_TYPE_KEYWORD } = proto.temporal.api.enums.v1.IndexedValueType;
const wanted = [clusterAttribute.name, stateAttribute.name];

type Operator = Pick<Connection['operatorService'], 'listSearchAttributes' | 'addSearchAttributes'>;

/** Makes the namespace know the search attributes that workflows are started with. Returns those that were missing. */
export async function registerSearchAttributes(
  operator: Operator,
  namespace: string,
): Promise<readonly string[]> {
  const missing = async (): Promise<string[]> => {
    const { customAttributes } = await operator.listSearchAttributes({ namespace });
    return wanted.filter((name) => !(name in (customAttributes ?? {})));
  };
  const lacking = await missing();
  if (lacking.length === 0) return [];
  await operator.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(lacking.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD])),
  });
  const still = await missing();
  if (still.length > 0)
    throw new Error(
      `namespace ${namespace} does not take the search attributes ${still.join(', ')}: ` +
        `add them with: temporal operator search-attribute create --name ${still[0]} --type Keyword`,
    );
  return lacking;
}
